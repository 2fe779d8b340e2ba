"""Copy the books out into files, from one snapshot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from chassis.database import Connection
from ledger.books import queries
from ledger.books.files import open_writer
from ledger.books.tables import TABLES, Digest, Manifest, Shape

MANIFEST: Final = "manifest.json"
PROGRESS: Final = ".progress.json"


@dataclass(slots=True)
class Watch:
    """Told how far a long work is."""

    on_start: Callable[[int], None] = field(default=lambda _total: None)
    on_rows: Callable[[str, int], None] = field(default=lambda _table, _rows: None)


async def export_books(
    conn: Connection,
    folder: Path,
    *,
    file_format: str,
    now: datetime,
    watch: Watch | None = None,
) -> Manifest:
    """Write every table of the books to a file each, and a manifest with counts and digests.

    Memory is bounded by a page. What an earlier try has finished is kept if nobody has written
    since: then both see the same. Otherwise everything is written anew.

    Args:
        conn: Open transaction, repeatable read: all tables are seen at one moment.
        folder: Where to write; made if it is not there.
        file_format: `jsonl` or `parquet`.
        now: The clock's time.
        watch: Told how far it is.

    Returns:
        The manifest as written.
    """
    watch = watch or Watch()
    _make(folder)
    await queries.prepare(conn)
    shapes = {table.name: await queries.select_shape(conn, table) for table in TABLES}
    counts = {table.name: await queries.count_rows(conn, table) for table in TABLES}
    watch.on_start(sum(counts.values()))
    begun = {"snapshot": await queries.select_snapshot(conn), "file_format": file_format}
    digests = _finished(folder, begun)
    for name, shape in shapes.items():
        if name in digests:
            watch.on_rows(name, counts[name])
            continue
        digests[name] = await _export_table(conn, folder, shape, file_format, watch)
        _write(folder / PROGRESS, {**begun, "digests": digests})
    manifest = Manifest(file_format, now.isoformat(), shapes, digests)
    _write(folder / MANIFEST, manifest.document())
    (folder / PROGRESS).unlink()
    return manifest


async def _export_table(
    conn: Connection, folder: Path, shape: Shape, file_format: str, watch: Watch
) -> Mapping[str, str | int]:
    digest = Digest(shape)
    with open_writer(folder / f"{shape.table.name}.{file_format}", shape, file_format) as writer:
        async for rows in queries.select_rows(conn, shape):
            writer.write(rows, digest.add(rows))
            watch.on_rows(shape.table.name, len(rows))
    return digest.told()


def _make(folder: Path) -> None:
    """The folder, without what would pass for a finished export."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)


def _finished(folder: Path, begun: Mapping[str, str]) -> dict[str, Mapping[str, str | int]]:
    """Tables that an earlier try has finished, if it saw what this one sees."""
    file = folder / PROGRESS
    if not file.is_file():
        return {}
    said: dict[str, Any] = orjson.loads(file.read_bytes())
    return said["digests"] if {name: said.get(name) for name in begun} == begun else {}


def _write(file: Path, document: Mapping[str, object]) -> None:
    partial = file.with_suffix(".partial")
    partial.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    partial.replace(file)
