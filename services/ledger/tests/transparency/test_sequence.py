"""Every posted transfer gets one place in the tree, whoever is late, twice at it, or dies."""

import asyncio

import asyncpg
import pytest

from ledger.journal.models import Posted
from ledger.journal.post import post_transfers
from ledger.main import service
from ledger.transparency import queries
from ledger.transparency.models import StoredLeaf
from services.ledger.tests.books import Books, Person, transfer
from services.ledger.tests.transparency.log import keep, latest_size, places, send, sequence, sign


async def two(books: Books) -> tuple[Person, Person]:
    """Ana with money, Ben."""
    return await books.open_person(10_000), await books.open_person()


async def all_placed(books: Books) -> None:
    """Each transfer has one place; places have no gap; nothing waits."""
    found = await places(books)
    assert sorted(found.values()) == list(range(len(found)))
    ids = {row["id"] for row in await books.rows("SELECT id FROM transfer")}
    assert set(found) == ids
    assert await books.value("SELECT count(*) FROM transparency_pending") == 0


async def test_a_late_commit_is_taken_later(own_books: Books) -> None:
    """A transfer with an older id that commits after a checkpoint is not overtaken for ever."""
    ana, ben = await two(own_books)
    cleo, dan = await two(own_books)
    async with own_books.transaction() as late:
        [verdict] = await post_transfers(
            late, [transfer(cleo.main, dan.main, 1)], now=own_books.clock.now()
        )
        assert isinstance(verdict, Posted)
        early = await send(own_books, ana, ben)
        await keep(own_books)
        size = await latest_size(own_books)
        assert early in await places(own_books)
        assert verdict.transfer.id not in await places(own_books)
    await keep(own_books)
    assert (await places(own_books))[verdict.transfer.id] == size
    await all_placed(own_books)


async def test_two_sequencers_never_share_a_place(own_books: Books) -> None:
    """Many at once, in small batches, while transfers are being posted."""
    ana, ben = await two(own_books)

    async def post() -> None:
        for _ in range(30):
            await send(own_books, ana, ben)

    async def run() -> None:
        for _ in range(40):
            await sequence(own_books, 3)

    await asyncio.gather(post(), run(), run(), run(), run())
    while await sequence(own_books):
        pass
    await all_placed(own_books)
    await sign(own_books)


async def test_places_are_single_even_without_the_lock(own_books: Books) -> None:
    """The primary key refuses a second leaf at a place, and a second place for a transfer."""
    await two(own_books)
    await sequence(own_books)
    [(transfer_id, index)] = (await places(own_books)).items()
    for leaf in (
        StoredLeaf(index, await own_books.issuance(), b"s" * 32, b"h" * 32),
        StoredLeaf(index + 1, transfer_id, b"s" * 32, b"h" * 32),
    ):
        with pytest.raises(asyncpg.UniqueViolationError):
            async with own_books.transaction() as conn:
                await queries.insert_leaves(conn, [leaf])


async def test_a_sequencer_that_dies_loses_nothing(own_books: Books) -> None:
    """Killed before the commit, in the second of three batches: what it took waits again."""
    ana, ben = await two(own_books)
    for _ in range(5):
        await send(own_books, ana, ben)
    assert await sequence(own_books, 2) == 2
    conn = await asyncpg.connect(own_books.scratch.url("ledger"))
    await conn.execute("BEGIN")
    assert len(await queries.take_pending(conn, 2)) == 2
    conn.terminate()
    await asyncio.sleep(0.1)
    while await sequence(own_books, 2):
        pass
    await all_placed(own_books)


async def test_who_holds_the_lock_is_left_alone(own_books: Books) -> None:
    """A second sequencer takes nothing while the first has not committed."""
    await two(own_books)
    async with own_books.transaction() as conn:
        assert await queries.try_lock(conn, 1)
        assert await sequence(own_books) == 0
    assert await sequence(own_books) == 1


async def test_transfers_of_before_are_taken_in(own_books: Books) -> None:
    """The function's file on a populated ledger: what was posted while there was no trigger."""
    ana, ben = await two(own_books)
    await send(own_books, ana, ben)
    async with own_books.scratch.connect("migrator") as conn:
        await conn.execute("SET ROLE ledger_owner; SET search_path = ledger, pg_temp")
        await conn.execute("DROP TRIGGER transfer_enqueued ON transfer")
        await send(own_books, ana, ben)
        assert await own_books.value("SELECT count(*) FROM transparency_pending") == 2
        await conn.execute((service.sql / "functions" / "enqueue_transfers.sql").read_text())
    await send(own_books, ana, ben)
    assert await own_books.value("SELECT count(*) FROM transparency_pending") == 4
    await keep(own_books)
    await all_placed(own_books)
    assert await latest_size(own_books) == 4


async def test_every_json_column_is_read_as_text(books: Books) -> None:
    """Decoded JSON may have lost digits; a new such column must be read as `metadata` is."""
    rows = await books.rows(
        "SELECT table_name || '.' || column_name AS name FROM information_schema.columns "
        "WHERE table_schema = 'ledger' AND table_name IN ('transfer', 'entry') "
        "AND data_type IN ('json', 'jsonb')"
    )
    assert [row["name"] for row in rows] == ["transfer.metadata"]
