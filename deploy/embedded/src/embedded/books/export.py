"""`localex ledger export`: the books copied out into files, from one snapshot."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from embedded.books.reaching import address, bar
from embedded.commands.options import DataOption

if TYPE_CHECKING:
    from ledger.books.tables import Manifest


def export(
    folder: Path,
    *,
    file_format: Annotated[Literal["jsonl", "parquet"], Parameter(name="--format")] = "jsonl",
    data: DataOption = None,
) -> None:
    """Write the whole books to files, while they are in use. A manifest has counts and digests.

    Run it again after a break: finished tables are kept if nobody has written since.

    Args:
        folder: Where to write; made if it is not there.
        file_format: JSON Lines or Parquet; the digests are the same.
        data: Data folder.
    """
    manifest = asyncio.run(_export(folder, file_format, address(data)))
    for name, told in manifest.digests.items():
        print(f"{name:<24} {told['rows']:>12,} rows  {str(told['sha256'])[:16]}")
    print(f"The books are in {folder}.")


async def _export(folder: Path, file_format: str, url: str) -> "Manifest":
    from chassis.database import open_connection
    from ledger.books.export import Watch, export_books

    with bar() as progress:
        task = progress.add_task("books", total=None)
        watch = Watch(
            on_start=lambda total: progress.update(task, total=total),
            on_rows=lambda table, rows: progress.update(task, advance=rows, description=table),
        )
        async with (
            open_connection(url, "localex-export") as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await export_books(
                conn, folder, file_format=file_format, now=datetime.now(UTC), watch=watch
            )
