"""Books copied out and brought into an empty ledger are the same books, under all their rules."""

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from chassis.problems import Problem
from ledger.books.errors import BadRow, NotAnExport, NotEmpty
from ledger.books.export import Watch, export_books
from ledger.books.restore import import_books
from ledger.journal.models import Posted
from services.ledger.tests.audit.history import live
from services.ledger.tests.audit.test_verify import audit
from services.ledger.tests.books import NOW, Books, transfer
from services.ledger.tests.conftest import Api
from services.ledger.tests.copies.everything import fill
from services.ledger.tests.transparency.log import keep

#: What waits for its time, by kind.
SELECT_TIMERS: Final = "SELECT kind, key, due_at FROM timer ORDER BY kind, key"


async def export(books: Books, folder: Path, file_format: str) -> dict[str, Any]:
    """As the command does it; the tables as the manifest tells them."""
    async with (
        books.scratch.connect("ledger") as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        manifest = await export_books(conn, folder, file_format=file_format, now=NOW)
    tables: dict[str, Any] = json.loads(json.dumps(manifest.document()))["tables"]
    return tables


async def bring_in(books: Books, folder: Path) -> dict[str, int]:
    """As the command does it."""
    async with books.scratch.connect("migrator") as conn, conn.transaction():
        return await import_books(conn, folder)


def digests(tables: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Counts and digests by table."""
    return {name: (said["rows"], said["sha256"]) for name, said in tables.items()}


@asynccontextmanager
async def empty_books(postgres: Any) -> AsyncIterator[Books]:
    """A ledger that nobody has written in."""
    import asyncpg

    from chassis.clock import FixedClock
    from chassis.database import Database, prepare_connection

    async with (
        postgres.scratch() as scratch,
        asyncpg.create_pool(
            scratch.url("ledger"), min_size=1, max_size=5, init=prepare_connection
        ) as pool,
    ):
        yield Books(scratch, Database(pool), FixedClock(NOW))


@pytest.fixture
async def other_books(postgres: Any) -> AsyncIterator[Books]:
    """A second ledger that nobody has written in."""
    async with empty_books(postgres) as books:
        yield books


@pytest.mark.parametrize(("out", "again"), [("jsonl", "parquet"), ("parquet", "jsonl")])
async def test_a_round_trip_changes_no_byte(
    own_books: Books, own_api: Api, other_books: Books, tmp_path: Path, out: str, again: str
) -> None:
    """All of it, equal digests by table in any format; the audit is clean; the books go on."""
    await fill(own_books, own_api)
    first = await export(own_books, tmp_path / "first", out)
    counts = await bring_in(other_books, tmp_path / "first")
    assert [table for table, rows in counts.items() if not rows] == []
    timers = [tuple(row) for row in await own_books.rows(SELECT_TIMERS)]
    assert {kind for kind, _, _ in timers} == {
        "reservations.expire", "gifts.expire", "scheduled_transfers.due"
    }  # fmt: skip
    assert [tuple(row) for row in await other_books.rows(SELECT_TIMERS)] == timers
    second = await export(other_books, tmp_path / "second", again)
    assert digests(second) == digests(first)
    assert digests(await export(own_books, tmp_path / "third", again)) == digests(first)
    report = await audit(other_books, 1000)
    assert report.findings == []
    await keep(other_books)
    rows = await other_books.rows("SELECT id FROM account WHERE type = 'MAIN' ORDER BY id")
    [verdict] = await other_books.post(transfer(rows[0][0], rows[1][0], 1))
    assert isinstance(verdict, Posted), verdict
    await keep(other_books)
    assert (await audit(other_books, 1000)).findings == []


def _edit(file: str, change: Callable[[dict[str, Any]], object], place: int = 0) -> Any:
    def edit(folder: Path) -> None:
        path = folder / f"{file}.jsonl"
        lines = path.read_text().splitlines()
        row = json.loads(lines[place])
        change(row)
        lines[place] = json.dumps(row)
        path.write_text("\n".join(lines) + "\n")

    return edit


def _put(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda row: row.update({name: value})


FAULTS: Final[dict[str, tuple[Any, type[Problem], str]]] = {
    "no JSON": (
        lambda folder: (folder / "account.jsonl").write_text("{"),
        BadRow,
        r"account.jsonl line 1: .*json",
    ),
    "a number": (
        _edit("account", _put("name", 5), 2),
        BadRow,
        r"account.jsonl line 3, name: .*text",
    ),
    "a field that is gone": (
        _edit("entry", lambda row: row.pop("asset"), 4),
        BadRow,
        r"entry.jsonl line 5, asset: .*missing",
    ),
    "a field too many": (
        _edit("entry", _put("colour", "red"), 4),
        BadRow,
        r"entry.jsonl line 5, colour: .*unknown",
    ),
    "no amount": (
        _edit("entry", _put("amount_minor", "a lot"), 6),
        BadRow,
        r"entry.jsonl line 7, amount_minor: .*invalid_text_representation",
    ),
    "another amount": (
        _edit("entry", _put("amount_minor", "77"), 6),
        BadRow,
        r"entry.jsonl line 7: .*entry_balance_continues_chain",
    ),
    "an account that nobody opened": (
        _edit("entry", _put("account_id", "01a1fef5-68d8-733c-bc13-b88925f9d23b"), 0),
        BadRow,
        r"entry.jsonl line 1: .*entry_account_exists",
    ),
    "an unknown asset": (
        _edit("asset", _put("code", "XXX"), 1),
        BadRow,
        r"asset.jsonl line 2, code: .*asset_known",
    ),
    "another kind": (
        _edit("transfer", _put("kind", "gift"), 0),
        NotAnExport,
        r"transfer.jsonl was changed",
    ),
    "a row that is gone": (
        lambda folder: (folder / "transparency_leaf.jsonl").write_text(""),
        NotAnExport,
        r"transparency_leaf.jsonl was changed",
    ),
    "a file that is gone": (
        lambda folder: (folder / "escrow.jsonl").unlink(),
        NotAnExport,
        r"escrow.jsonl is missing",
    ),
    "no manifest": (
        lambda folder: (folder / "manifest.json").unlink(),
        NotAnExport,
        r"manifest.json cannot be read",
    ),
}


@pytest.fixture(scope="module")
async def exported(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that tests copy and spoil."""
    folder = tmp_path_factory.mktemp("export")
    async with empty_books(postgres) as books:
        await live(books)
        await export(books, folder, "jsonl")
    return folder


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_bad_row_is_named_and_nothing_comes_in(
    books: Books, exported: Path, tmp_path: Path, fault: str
) -> None:
    """File, line, field and rule; the ledger stays empty."""
    for file in exported.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    spoil, problem, words = FAULTS[fault]
    spoil(tmp_path)
    with pytest.raises(problem, match=words):
        await bring_in(books, tmp_path)
    for table in ("account", "transfer", "entry", "reservation", "transparency_leaf"):
        assert await books.value(f"SELECT count(*) FROM {table}") == 0
    assert await books.value("SELECT to_regclass('kept_escrow')") is None


async def test_books_that_are_there_are_not_overwritten(own_books: Books, exported: Path) -> None:
    """Not even by themselves."""
    await own_books.open_person()
    with pytest.raises(NotEmpty):
        await bring_in(own_books, exported)


async def test_an_export_goes_on_where_it_was_broken_off(own_books: Books, tmp_path: Path) -> None:
    """Finished tables are kept while nobody writes; after a write all is written anew."""
    await live(own_books)

    def stop(table: str, rows: int) -> None:
        del rows
        if table == "reservation":
            raise InterruptedError

    async def try_it() -> None:
        async with (
            own_books.scratch.connect("ledger") as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            await export_books(
                conn, tmp_path, file_format="jsonl", now=NOW, watch=Watch(on_rows=stop)
            )

    with pytest.raises(InterruptedError):
        await try_it()
    finished = tmp_path / "transfer.jsonl"
    os.utime(finished, (1, 1))
    assert not (tmp_path / "manifest.json").exists()
    with pytest.raises(InterruptedError):
        await try_it()
    assert finished.stat().st_mtime == 1
    await own_books.open_person(5)
    tables = await export(own_books, tmp_path, "jsonl")
    assert finished.stat().st_mtime > 1
    assert digests(tables) == digests(await export(own_books, tmp_path / "anew", "jsonl"))
