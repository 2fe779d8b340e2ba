"""Bring exported books into an empty ledger, under all its rules."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from chassis.database import Connection
from ledger.books import queries
from ledger.books.errors import BadRow, NotAnExport, NotEmpty, bad_row
from ledger.books.export import MANIFEST, Watch
from ledger.books.files import FORMATS, read_pages
from ledger.books.queries import RowRefused
from ledger.books.replaying import queries as replay
from ledger.books.tables import FORMAT, TABLES, Digest, Line, Shape


async def import_books(
    conn: Connection, folder: Path, *, watch: Watch | None = None
) -> dict[str, int]:
    """Write all rows of an export with every trigger on, then read them back and compare digests.

    One transaction: on any fault nothing is brought in. Limits of accounts are set when their
    entries are there, because they may be narrower now than they were. Nothing is said on topics:
    everybody has heard it.

    Args:
        conn: Open transaction of somebody who may become the owner of the books; the caller
            commits.
        folder: What `export_books` wrote.
        watch: Told how far it is.

    Returns:
        Rows by table.

    Raises:
        NotEmpty: Somebody has written in this ledger.
        NotAnExport: The manifest or a file is missing, or is not what the manifest says.
        BadRow: Names file, line, field and rule.
    """
    watch = watch or Watch()
    document = _read_manifest(folder)
    await queries.prepare(conn, owner=True)
    if not await queries.is_empty(conn):
        raise NotEmpty("books are brought into a ledger that nobody has written in")
    shapes = {table.name: await _shape(conn, table.name, document) for table in TABLES}
    watch.on_start(sum(int(document["tables"][name]["rows"]) for name in shapes) * 2)
    work = _Import(conn, folder, str(document["file_format"]), watch)
    for name, shape in shapes.items():
        await work.load(shape, document["tables"][name])
    await work.replay()
    await work.finish(shapes)
    await _compare(conn, shapes, document, watch)
    return {name: int(document["tables"][name]["rows"]) for name in shapes}


class _Import:
    """One import on its way."""

    def __init__(self, conn: Connection, folder: Path, file_format: str, watch: Watch) -> None:
        self._conn, self._folder, self._format, self._watch = conn, folder, file_format, watch

    async def load(self, shape: Shape, said: Mapping[str, Any]) -> None:
        """Write the rows of a file, and hold the file against the manifest."""
        name, digest = shape.table.name, Digest(shape)
        into = await queries.keep_aside(self._conn, name) if name in replay.KEPT else ""
        policies = await queries.keep_aside(self._conn, name) if name == "account" else ""
        for first, rows in read_pages(self._folder / str(said["file"]), shape, self._format):
            digest.add(rows)
            await self._insert(shape, str(said["file"]), first, rows, into)
            if policies:
                await self._insert(shape, str(said["file"]), first, rows, policies)
            self._watch.on_rows(name, len(rows))
        if digest.told() != {"rows": said["rows"], "sha256": said["sha256"]}:
            raise NotAnExport(f"{said['file']} was changed after it was written: another digest")

    async def _insert(
        self, shape: Shape, file: str, first: int, rows: list[Line], into: str
    ) -> None:
        if shape.table.name == "asset":
            return await self._compare_assets(shape, file, first, rows)
        try:
            await queries.insert_rows(self._conn, shape, rows, into)
        except RowRefused as refused:
            if len(rows) > 1:
                # The first half stays: the rows behind it may continue it.
                middle = len(rows) // 2
                await self._insert(shape, file, first, rows[:middle], into)
                await self._insert(shape, file, first + middle, rows[middle:], into)
                raise NotAnExport(f"{file} from line {first}: {refused.detail}") from refused
            field = await self._field(shape, rows[0])
            raise bad_row(file, first, field, refused.rule, refused.detail) from refused
        return None

    async def _compare_assets(self, shape: Shape, file: str, first: int, rows: list[Line]) -> None:
        """Assets come with the schema: those of the export must be there, and the same."""
        there = {row async for page in queries.select_rows(self._conn, shape) for row in page}
        for number, row in enumerate(rows, first):
            if tuple(row) not in there:
                raise bad_row(file, number, "code", "asset_known", "this ledger has no such asset")

    async def _field(self, shape: Shape, row: Line) -> str | None:
        """The field whose text is none of its type, if it is that."""
        for column, text in zip(shape.columns, row, strict=True):
            if text is not None and not await queries.can_read(self._conn, column, text):
                return column.name
        return None

    async def replay(self) -> None:
        """What was kept aside, move by move."""
        for table in replay.REMEMBERED:
            await queries.keep_aside(self._conn, table)
        for name, work in replay.REPLAYS.items():
            await self._whole(name, work)
        await replay.set_timers(self._conn)

    async def _whole(self, what: str, work: Callable[[Connection], Any]) -> None:
        try:
            await work(self._conn)
        except RowRefused as refused:
            file = f"{what}.{self._format}"
            raise BadRow(
                f"{file}: {refused.detail} ({refused.rule})", file=file, rule=refused.rule
            ) from refused

    async def finish(self, shapes: Mapping[str, Shape]) -> None:
        """Policies, numbers that go on, and everything that is examined at commit."""

        async def settle(conn: Connection) -> None:
            await queries.obey(conn, queries.EXAMINE)
            await queries.obey(conn, queries.FORGET_PENDING)

        await self._whole("transfer", settle)
        await self._whole("account", replay.set_policies)
        for shape in shapes.values():
            await queries.restart(self._conn, shape)
        if fault := await queries.find_below_floor(self._conn):
            raise BadRow(f"{fault} (account_available_not_below_floor)")


async def _shape(conn: Connection, name: str, document: Mapping[str, Any]) -> Shape:
    """The table with the columns of the export; columns that came later stay empty."""
    [table] = [one for one in TABLES if one.name == name]
    here = await queries.select_shape(conn, table)
    try:
        said: Mapping[str, str] = document["tables"][name]["columns"]
    except (KeyError, TypeError) as error:
        raise NotAnExport(f"the manifest does not tell of {name}") from error
    known = {column.name: column for column in here.columns}
    for column, kind in said.items():
        if column not in known or known[column].type != kind:
            raise NotAnExport(f"{name} has no column {column} of type {kind} here")
    return Shape(table, tuple(known[column] for column in said))


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise NotAnExport(f"{MANIFEST} cannot be read: {error}") from error
    if document.get("format") != FORMAT or document.get("file_format") not in FORMATS:
        raise NotAnExport(f"{MANIFEST} is not of the format {FORMAT}")
    return document


async def _compare(
    conn: Connection, shapes: Mapping[str, Shape], document: Mapping[str, Any], watch: Watch
) -> None:
    for name, shape in shapes.items():
        if name == "asset":
            continue
        digest = Digest(shape)
        async for rows in queries.select_rows(conn, shape):
            digest.add(rows)
            watch.on_rows(name, len(rows))
        said = document["tables"][name]
        if digest.told() != {"rows": said["rows"], "sha256": said["sha256"]}:
            raise NotAnExport(
                f"{name} is not the same when it is read back: nothing was brought in"
            )
