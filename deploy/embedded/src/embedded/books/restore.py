"""`localex ledger import`: exported books brought into an empty ledger."""

import asyncio
import sys
from pathlib import Path

from chassis.problems import Problem
from embedded.books.reaching import MIGRATOR, address, bar
from embedded.commands.options import DataOption


def restore(folder: Path, *, data: DataOption = None) -> None:
    """Bring an export into a ledger that nobody has written in. All of it, or nothing.

    Every rule of the database holds meanwhile; a row that breaks one is named by file, line, field
    and rule. In the end the digests are compared with the manifest's.

    Args:
        folder: What `localex ledger export` wrote.
        data: Data folder.
    """
    try:
        counts = asyncio.run(_import(folder, address(data, MIGRATOR)))
    except Problem as problem:
        print(f"localex: {problem.detail}", file=sys.stderr)
        print("localex: nothing was brought in", file=sys.stderr)
        sys.exit(1)
    for name, count in counts.items():
        print(f"{name:<24} {count:>12,} rows")
    print("The books are here, with the digests of the export.")


async def _import(folder: Path, url: str) -> dict[str, int]:
    from chassis.database import open_connection
    from ledger.books.export import Watch
    from ledger.books.restore import import_books

    with bar() as progress:
        task = progress.add_task("books", total=None)
        watch = Watch(
            on_start=lambda total: progress.update(task, total=total),
            on_rows=lambda table, rows: progress.update(task, advance=rows, description=table),
        )
        async with open_connection(url, "localex-import") as conn, conn.transaction():
            return await import_books(conn, folder, watch=watch)
