"""Parity: what was planted in the index is found, told once, and told as mended."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from chassis.consumer import Consumer
from chassis.database import Database
from contracts.marketplace import ItemChanged
from search.engine import Engine
from search.indexing.documents import document_of, with_rating
from search.indexing.mapping import FIRST_INDEX, WRITE_ALIAS
from search.parity.compare_bucket import compare_bucket
from search.parity.consumers import QUIET_SECONDS, parity_subscription
from search.parity.lifecycle import compare, indexed_of, told_of
from search.parity.look_again import look_again
from search.parity.models import Told
from search.parity.queries import count_told, select_differences, select_round
from search.sellers.models import SellerRating
from services.search.tests.indexing.test_consumers import delivered
from tests.stack.database import ScratchDatabase

type MakeItem = Callable[..., ItemChanged]

GRACE = timedelta(seconds=60)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(slots=True)
class Watch:
    """The comparison over a real engine and a real database, with a clock of its own."""

    engine: Engine
    database: Database
    now: datetime = NOW

    async def hear(self, *items: ItemChanged) -> None:
        """What the marketplace tells."""
        await Consumer(parity_subscription(self.engine), self.database).handle(delivered(items))

    async def round(self, size: int = 3) -> int:
        """Compare everything, bucket by bucket; returns how many buckets there were."""
        self.now += timedelta(minutes=5)
        await self.engine.call("POST", f"/{FIRST_INDEX}/_refresh")
        buckets = 1
        while await self._bucket(size):
            buckets += 1
        return buckets

    async def _bucket(self, size: int) -> bool:
        async with self.database.transaction() as conn:
            return await compare_bucket(conn, self.engine, grace=GRACE, now=self.now, size=size)

    async def again(self) -> list[tuple[str, str]]:
        """Let the grace time pass and look again; what was told since."""
        self.now += GRACE
        before = await self._told()
        await self.engine.call("POST", f"/{FIRST_INDEX}/_refresh")
        async with self.database.transaction() as conn:
            await look_again(conn, self.engine, grace=GRACE, now=self.now)
        return (await self._told())[len(before) :]

    async def _told(self) -> list[tuple[str, str]]:
        async with self.database.connection() as conn:
            rows = await conn.fetch(
                "SELECT headers->>'ce_type' AS type, payload::jsonb->>'kind' AS kind FROM outbox"
                " WHERE topic = 'search.parity.v1' ORDER BY id"
            )
        return [(row["type"].removeprefix("search."), row["kind"]) for row in rows]


@pytest.fixture
async def watch(engine: Engine, scratch_database: ScratchDatabase) -> AsyncIterator[Watch]:
    """An empty index, and nothing told."""
    query: dict[str, Any] = {"query": {"match_all": {}}}
    params = {"refresh": "true", "conflicts": "proceed"}
    await engine.call("POST", f"/{FIRST_INDEX}/_delete_by_query", query, params=params)
    async with scratch_database.connect("admin") as admin:
        await admin.execute("TRUNCATE search.told_item, search.parity_difference")
        await admin.execute("UPDATE search.parity_round SET next_at = '1970-01-01', items = 0")
    async with scratch_database.open("search") as database:
        yield Watch(engine, database)


async def test_an_index_that_is_as_told_has_no_differences(
    watch: Watch, put: Callable[..., Any], item: MakeItem
) -> None:
    """Seven items in three buckets, tombstones too, older versions heard late."""
    first = item("before", version=1)
    items = [item(f"thing {n}") for n in range(6)]
    items.append(first.model_copy(update={"version": 2, "status": "withdrawn"}))
    await watch.hear(*items)
    await watch.hear(first)
    await put(*items)
    assert await watch.round() == 3
    assert await watch.again() == []
    async with watch.database.connection() as conn:
        stand = await select_round(conn)
    assert stand.completed_items == 7


async def plant(watch: Watch, kind: str, item: ItemChanged, put: Callable[..., Any]) -> None:
    """Let the index differ from what was told, in one way."""
    engine = watch.engine
    if kind == "extra":
        await put(item)
        return
    await watch.hear(item)
    if kind == "missing":
        return
    await put(item.model_copy(update={"version": 8 if kind == "ahead" else 2}))
    if kind == "content":
        document = document_of(item) | {"title": "not what was told"}
        params = {"version": str(item.version), "version_type": "external_gte"}
        await engine.call(
            "PUT", f"/{WRITE_ALIAS}/_doc/{item.item_id}", orjson.dumps(document), params=params
        )


@pytest.mark.parametrize("kind", ["missing", "extra", "stale", "ahead", "content"])
async def test_a_planted_difference_is_found_told_once_and_told_as_mended(
    watch: Watch, put: Callable[..., Any], item: MakeItem, kind: str
) -> None:
    """First it may only be late; after the grace time it is told; mended, that is told too."""
    good = [item(f"good {n}") for n in range(5)]
    await watch.hear(*good)
    await put(*good)
    bad = item("bad", version=5)
    await plant(watch, kind, bad, put)
    await watch.round()
    assert await watch.again() == [("IndexDiffered", kind)]
    await watch.round()
    assert await watch.again() == []
    async with watch.database.connection() as conn:
        [found] = await select_differences(conn, agreed=False, limit=9)
    assert found.fault.item_id == bad.item_id
    mended = bad.model_copy(update={"version": 9})
    await watch.hear(mended)
    await put(mended)
    [(told, _)] = await watch.again()
    assert told == "IndexAgreed"
    async with watch.database.connection() as conn:
        assert await select_differences(conn, agreed=False, limit=9) == []


async def test_what_was_only_late_is_never_told(
    watch: Watch, put: Callable[..., Any], item: MakeItem
) -> None:
    """The index came after the comparison, within the grace time."""
    late = item("late")
    await watch.hear(late)
    await watch.round()
    await put(late)
    assert await watch.again() == []
    async with watch.database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM parity_difference") == 0


async def test_a_round_goes_on_where_another_process_stopped(
    watch: Watch, put: Callable[..., Any], item: MakeItem
) -> None:
    """The place is in the database; a round that is over pauses before the next."""
    items = [item(f"thing {n}") for n in range(5)]
    await watch.hear(*items)
    await put(*items)
    watch.now += timedelta(minutes=5)
    assert await watch._bucket(2)
    other = Watch(watch.engine, watch.database, watch.now)
    assert await other._bucket(2)
    assert not await other._bucket(2)
    assert not await watch._bucket(2)
    async with watch.database.connection() as conn:
        assert (await select_round(conn)).completed_items == 5


def test_digests_of_another_form_are_not_compared(item: MakeItem) -> None:
    """After a change of the mapping only versions say something, until all is told anew."""
    one = told_of(item("one"))
    old = Told(one.item_id, one.version, b"x" * 32, one.form - 1)
    other = Told(one.item_id, one.version, b"x" * 32, one.form)
    assert compare({one.item_id: old}, {one.item_id: one}) == {}
    assert compare({one.item_id: other}, {one.item_id: one})[one.item_id].kind == "content"


def test_a_sellers_rating_is_no_part_of_what_was_told(item: MakeItem) -> None:
    """It comes by another way: a document that has it is what was told of the item all the same."""
    one = item("one")
    document = with_rating(document_of(one), SellerRating(417, 3))
    assert document != document_of(one)
    assert indexed_of(document) == told_of(one)


async def test_parity_gives_way_while_documents_are_written(watch: Watch, item: MakeItem) -> None:
    """It takes nothing while an import is being indexed, and goes on when it is quiet."""
    watch.engine.wrote_at = time.monotonic()
    started = time.monotonic()
    await watch.hear(item("lamp"))
    assert time.monotonic() - started >= QUIET_SECONDS * 0.9
    async with watch.database.connection() as conn:
        assert await count_told(conn) == 1
