"""Copies of checkpoints in real object storage: written once, looked at before signing."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from chassis.copies import Copies, CopiesAway
from chassis.notes import SignerKey
from ledger.settings import LedgerSettings
from ledger.transparency.keeper import LogKeeper, open_keeper
from services.ledger.tests.books import Books
from services.ledger.tests.transparency.log import as_owner, latest_size, send
from tests.stack.backend import Backend

type Settings = Callable[..., LedgerSettings]


@pytest.fixture
def origin() -> str:
    """A log of one's own."""
    return f"{uuid4().hex}.localex.example"


@pytest.fixture
def settings(s3: Backend, tmp_path: Path, origin: str) -> Settings:
    """The ledger's settings with real object storage."""
    key = tmp_path / "key"
    key.write_text(SignerKey.from_seed(origin, bytes(32)).render() + "\n")

    def make(endpoint: str | None = None) -> LedgerSettings:
        return LedgerSettings(
            database_url=SecretStr("unused"),
            kafka_servers="unused",
            http_port=1,
            internal_jwks_file=tmp_path / "unused",
            checkpoint_key_file=key,
            s3_endpoint=endpoint or s3.settings["LOCALEX_S3_ENDPOINT"],
            s3_bucket=s3.settings["LOCALEX_S3_BUCKET"],
            s3_access_key=s3.settings["LOCALEX_S3_ACCESS_KEY"],
            s3_secret_key=SecretStr(s3.settings["LOCALEX_S3_SECRET_KEY"]),
        )

    return make


def copies_of(settings: LedgerSettings, origin: str) -> Copies:
    """The log's folder."""
    copies = Copies.open(settings, origin)
    assert copies is not None
    return copies


async def keep(books: Books, settings: LedgerSettings, times: int = 1) -> LogKeeper:
    """A process that sequences, signs and copies."""
    keeper = open_keeper(settings, books.database, books.clock)
    for _ in range(times):
        await keeper.sequence()
        await keeper.sign()
        await keeper.copy()
    return keeper


async def test_a_checkpoint_is_written_once(settings: Settings, origin: str) -> None:
    """What is there stays: a second writer is told what it is."""
    copies = copies_of(settings(), origin)
    assert await copies.newest_after(0) is None
    for size in (9, 10, 100):
        assert await copies.put(size, f"note {size}") == f"note {size}"
    assert await copies.put(9, "another") == "note 9"
    assert await copies.newest_after(9) == "note 100"
    assert await copies.newest_after(100) is None


async def test_checkpoints_lie_in_object_storage(
    own_books: Books, settings: Settings, origin: str
) -> None:
    """The newest is copied, once, and it is the note that was signed."""
    ana, ben = await own_books.open_person(10_000), await own_books.open_person()
    await keep(own_books, settings(), 2)
    await send(own_books, ana, ben)
    await keep(own_books, settings(), 2)
    assert await own_books.value("SELECT count(*) FROM transparency_copy") == 2
    newest = await copies_of(settings(), origin).newest_after(1)
    assert newest == await own_books.value(
        "SELECT max(note) FROM transparency_checkpoint WHERE size = 2"
    )


async def test_a_restored_database_finds_its_copies_ahead(
    own_books: Books, settings: Settings, origin: str
) -> None:
    """A new process looks before it signs: the log stays closed until the lost ones are back."""
    ana, ben = await own_books.open_person(10_000), await own_books.open_person()
    await keep(own_books, settings())
    await send(own_books, ana, ben)
    await keep(own_books, settings())
    for table, column in (("copy", "size"), ("checkpoint", "size"), ("leaf", "leaf_index + 1")):
        name = f"transparency_{table}"
        await as_owner(own_books, name, f"DELETE FROM {name} WHERE {column} >= 2")
    await as_owner(own_books, "transparency_node", "DELETE FROM transparency_node WHERE level > 0")
    restarted = await keep(own_books, settings())
    await send(own_books, ana, ben)
    await restarted.sequence()
    await restarted.sign()
    assert await latest_size(own_books) == 1


async def test_another_checkpoint_of_the_size_closes_the_log(
    own_books: Books, settings: Settings, origin: str
) -> None:
    """Two histories met: this process signs no more."""
    ana, ben = await own_books.open_person(10_000), await own_books.open_person()
    keeper = open_keeper(settings(), own_books.database, own_books.clock)
    await keeper.sequence()
    await keeper.sign()
    await copies_of(settings(), origin).put(1, "another history")
    await keeper.copy()
    await send(own_books, ana, ben)
    await keeper.sequence()
    await keeper.sign()
    assert await latest_size(own_books) == 1
    assert await own_books.value("SELECT count(*) FROM transparency_copy") == 0


async def test_storage_that_goes_away_stops_nothing(own_books: Books, settings: Settings) -> None:
    """Once looked at, signing goes on without it, and the copy is made when it is back."""
    ana, ben = await own_books.open_person(10_000), await own_books.open_person()
    keeper = await keep(own_books, settings())
    away = Copies.open(settings("http://127.0.0.1:1"), "x")
    there, keeper._copies = keeper._copies, away
    await send(own_books, ana, ben)
    await keeper.sequence()
    await keeper.sign()
    await keeper.copy()
    assert await latest_size(own_books) == 2
    assert await own_books.value("SELECT max(size) FROM transparency_copy") == 1
    keeper._copies = there
    await keeper.copy()
    assert await own_books.value("SELECT max(size) FROM transparency_copy") == 2


async def test_a_new_process_waits_until_it_could_look(
    own_books: Books, settings: Settings, origin: str
) -> None:
    """A second history could not be taken back; a late checkpoint can be made up for."""
    await own_books.open_person(10_000)
    away = settings("http://127.0.0.1:1")
    await keep(own_books, away)
    assert await latest_size(own_books) == 0
    with pytest.raises(CopiesAway):
        await copies_of(away, origin).newest_after(0)
    await keep(own_books, settings())
    assert await latest_size(own_books) == 1
