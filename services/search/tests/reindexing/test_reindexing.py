"""An index made anew, with the real topic, engine and database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from chassis.consumer import Consumer
from chassis.database import Database
from chassis.ids import new_id
from chassis.sending import KafkaSender
from contracts.cloudevents import envelope_of, write_headers
from contracts.marketplace import ItemChanged
from search.engine import Engine, EngineAway
from search.indexing.ensure_index import ensure_index
from search.indexing.index_items import index_items
from search.indexing.mapping import MAPPING_VERSION, MEANING, READ_ALIAS, WRITE_ALIAS
from search.indexing.spread_ratings import spread_ratings
from search.parity.fetch import fetch_documents
from search.parity.lifecycle import told_of
from search.parity.queries import upsert_told
from search.reindexing import queries
from search.reindexing.advance import advance_reindexing
from search.reindexing.begin import begin_reindexing
from search.reindexing.indices import Indices
from search.reindexing.models import Reindexing
from search.reindexing.work import work_on_reindexing
from search.sellers.consumers import SELLERS
from search.settings import Settings
from services.search.tests.indexing.test_consumers import delivered
from services.search.tests.model import installed
from services.search.tests.offers import NOON, make_item
from services.search.tests.sellers.words import reputation
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

type Say = Callable[..., Any]


@pytest.fixture(scope="module")
def own(settings: Settings, kafka: Backend) -> Settings:
    """Settings with the real broker."""
    return settings.model_copy(update={"kafka_servers": kafka.settings["LOCALEX_KAFKA_SERVERS"]})


@pytest.fixture(scope="module")
async def say(own: Settings) -> AsyncIterator[Say]:
    """Tells of items on the topic, as the marketplace does."""
    sender = KafkaSender(own)

    async def tell(items: Sequence[ItemChanged]) -> None:
        rows = []
        for item in items:
            envelope = envelope_of(item, event_id=new_id(), source="/marketplace", occurred_at=NOON)
            rows.append(
                {
                    "topic": item.TOPIC,
                    "key": item.key(),
                    "headers": orjson.dumps(write_headers(envelope)).decode(),
                    "payload": item.model_dump_json(),
                }
            )
        assert not any(await sender.send(rows))

    yield tell
    await sender.stop()


@pytest.fixture
async def database(scratch_database: ScratchDatabase) -> AsyncIterator[Database]:
    """As the role `search`, with nothing told and nothing begun."""
    async with scratch_database.connect("admin") as admin:
        await admin.execute("TRUNCATE search.reindexing, search.told_item")
    async with scratch_database.open("search") as opened:
        yield opened


async def titles(engine: Engine) -> set[str]:
    """What searches can find."""
    answer = await engine.call("POST", f"/{READ_ALIAS}/_search", {"size": 100})
    return {hit["_source"]["title"] for hit in answer["hits"]["hits"]}


async def begin(database: Database, *, now: datetime = NOON) -> Reindexing:
    """An operator asks."""
    async with database.transaction() as conn:
        return await begin_reindexing(conn, "asked", reindexing_id=new_id(), now=now)


async def state_of(database: Database, reindexing_id: UUID) -> Reindexing:
    """How far it is."""
    async with database.connection() as conn:
        (one,) = await queries.select_reindexings(conn, reindexing_id, 1)
        return one


def working(own: Settings, engine: Engine, database: Database, **extra: Any) -> Any:
    """What the work role has open."""
    return SimpleNamespace(
        extra={"engine": engine, **extra},
        settings=own,
        database=database,
        clock=SimpleNamespace(now=lambda: NOON),
    )


async def told(database: Database, *items: ItemChanged) -> None:
    """Parity has heard of them."""
    async with database.transaction() as conn:
        await upsert_told(conn, [told_of(item) for item in items])


async def test_a_new_index_takes_the_old_ones_place(
    own: Settings, engine: Engine, database: Database, say: Say
) -> None:
    """With all that was ever told, the newest versions of it, and nothing in between missing."""
    old = make_item("Old words")
    lamp, gone = make_item("Lamp"), make_item("Sold bike", status="sold")
    new = old.model_copy(update={"title": "New words", "version": 2})
    await say([old, lamp, gone, new])
    await told(database, lamp, new)
    before, *_ = await Indices(engine, own).current()
    one = await begin(database)
    await advance_reindexing(database, engine, own, now=NOON)
    done = await state_of(database, one.reindexing_id)
    assert (done.state, done.behind) == ("done", 0)
    after, uuid, _ = await Indices(engine, own).current()
    assert after == one.index_name != before
    assert {"New words", "Lamp"} <= await titles(engine)
    assert not {"Old words", "Sold bike"} & await titles(engine)
    with pytest.raises(EngineAway):
        await engine.call("GET", f"/{before}/_settings")
    async with database.connection() as conn:
        assert await queries.is_known(conn, uuid)


async def test_an_index_of_an_older_mapping_is_made_anew_with_vectors(
    own: Settings, engine: Engine, database: Database, say: Say
) -> None:
    """By itself; what was told before vectors were made has one then."""
    shoes = make_item("Running shoes")
    await say([shoes])
    await told(database, shoes)
    before, *_ = await Indices(engine, own).current()
    await engine.call("PUT", f"/{before}/_mapping", {"_meta": {"mapping_version": 2}})
    engine.model = installed()
    await work_on_reindexing(working(own, engine, database))
    engine.model = None
    after, _, version = await Indices(engine, own).current()
    assert (after != before, version) == (True, MAPPING_VERSION)
    assert shoes.item_id in await fetch_documents(engine, {"exists": {"field": MEANING}})


async def test_one_is_made_at_a_time(database: Database) -> None:
    """Whoever asks again is told of the one that is open."""
    first, second = await begin(database), await begin(database)
    assert first.reindexing_id == second.reindexing_id


async def test_an_index_that_is_not_what_was_told_is_not_put_in_place(
    own: Settings, engine: Engine, database: Database
) -> None:
    """The old one serves on, and the reason is kept for people."""
    before, *_ = await Indices(engine, own).current()
    await told(database, make_item("Nobody said it on the topic"))
    one = await begin(database)
    await advance_reindexing(database, engine, own, now=NOON)
    failed = await state_of(database, one.reindexing_id)
    assert failed.state == "failed"
    assert failed.detail.startswith("1 documents are not what was told")
    assert (await Indices(engine, own).current())[0] == before


async def test_a_broken_one_goes_on_where_it_stopped(
    own: Settings, engine: Engine, database: Database, say: Say
) -> None:
    """What was read is not read again; while its worker may live, nobody else takes it."""
    await say([make_item("Read before"), make_item("Read before, too")])
    one = await begin(database)
    await Indices(engine, own).make(one.index_name)
    async with database.transaction() as conn:
        leased = await queries.lease(conn, NOON, timedelta(seconds=60))
        assert leased is not None
        everything = dict.fromkeys(range(4), 10**6)
        half = replace(leased, positions=everything, ends=everything, documents=5)
        await queries.update_reindexing(conn, half, leased_until=NOON + timedelta(seconds=60))
    assert await advance_reindexing(database, engine, own, now=NOON) is None
    kept = await state_of(database, one.reindexing_id)
    assert (kept.documents, kept.positions) == (5, everything)


async def test_an_index_that_was_lost_fills_again(
    own: Settings, engine: Engine, database: Database, say: Say
) -> None:
    """The consumers' offsets are beyond all of it; the work role fills it from the beginning."""
    await say([make_item("Told long ago")])
    name, *_ = await Indices(engine, own).current()
    await engine.call("DELETE", f"/{name}")
    assert await ensure_index(engine, own)
    resources = working(own, engine, database)
    await work_on_reindexing(resources)
    assert "Told long ago" in await titles(engine)
    async with database.connection() as conn:
        (one,) = await queries.select_reindexings(conn, None, 5)
        assert (one.cause, one.state) == ("lost", "done")
    # It is known now: nothing is begun again.
    await work_on_reindexing(resources)
    async with database.connection() as conn:
        assert len(await queries.select_reindexings(conn, None, 5)) == 1


class Meanwhile(Engine):
    """The real engine; once a new index is filled, and before it is in place, something happens."""

    def __init__(self, real: Engine, index: str, act: Callable[[], Awaitable[None]]) -> None:
        """Act when `index` is refreshed for the first time."""
        super().__init__(real._client)
        self._path, self._act, self.acted = f"/{index}/_refresh", act, False

    async def call(self, method: str, path: str, *rest: Any, **options: Any) -> Any:
        """Send a request."""
        if path == self._path and not self.acted:
            self.acted = True
            await self._act()
        return await super().call(method, path, *rest, **options)


async def test_a_rating_that_changes_meanwhile_is_not_lost(
    own: Settings, engine: Engine, database: Database, say: Say
) -> None:
    """It was brought into the old index, and is brought into the new one once that is in place."""
    seller = uuid4()
    await say([lamp := make_item("Rated lamp", seller_id=seller)])
    await Consumer(SELLERS, database).handle(delivered([reputation(seller, "4.00")]))

    async def spread() -> None:
        async with database.transaction() as conn:
            await spread_ratings(conn, engine, timeout_seconds=20)

    async def rate() -> None:
        later = reputation(seller, "4.50", version=2)
        await Consumer(SELLERS, database).handle(delivered([later]))
        await spread()

    one = await begin(database)
    meanwhile = Meanwhile(engine, one.index_name, rate)
    await advance_reindexing(database, meanwhile, own, now=NOON)
    assert meanwhile.acted
    assert (await state_of(database, one.reindexing_id)).state == "done"
    await spread()
    found = await engine.call("GET", f"/{WRITE_ALIAS}/_doc/{lamp.item_id}")
    assert found["_source"]["seller_rating_hundredths"] == 450


async def test_what_is_told_meanwhile_is_not_lost(
    own: Settings, engine: Engine, database: Database, say: Say
) -> None:
    """Written to the old index while the new one is filled: it is in the new one, too."""
    await begin(database)
    busy = True

    async def go_on_writing() -> list[str]:
        said: list[str] = []
        while busy:
            item = make_item(f"Meanwhile {len(said)}")
            await say([item])
            await index_items(engine, [item], timeout_seconds=20)
            said.append(item.title)
            await asyncio.sleep(0.05)
        return said

    writing = asyncio.create_task(go_on_writing())
    await advance_reindexing(database, engine, own, now=NOON)
    busy = False
    said = await writing
    name, *_ = await Indices(engine, own).current()
    await engine.call("POST", f"/{name}/_refresh")
    assert said
    assert set(said) <= await titles(engine)
