"""Remembered answers on the real engine and the real Valkey: never too old, never another's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from chassis.consumer import Consumer
from contracts.marketplace import ItemChanged
from search.finding.models import Wanted
from search.finding.query import Bounds
from search.finding.sameness import asked
from search.indexing.index_items import index_items
from search.indexing.spread_ratings import spread_ratings
from search.remembering.lifecycle import Asked, pack
from search.remembering.store import Looked, Store
from search.sellers.consumers import SELLERS
from services.search.tests.indexing.test_consumers import delivered
from services.search.tests.remembering.conftest import LONG_MS, Replica
from services.search.tests.sellers.words import reputation
from tests.stack.database import ScratchDatabase

type Start = Callable[..., Awaitable[Replica]]
type Put = Callable[..., Awaitable[int]]
type MakeItem = Callable[..., ItemChanged]


async def _look(store: Store, search: Asked) -> Looked:
    looked = await store.look(search, LONG_MS)
    assert looked
    return looked


async def test_a_search_is_answered_once_for_all_processes(
    start: Start, put: Put, item: MakeItem
) -> None:
    """The second process finds what the first one found."""
    await put(lamp := item("lamp of brass"))
    one, other = await start(), await start()
    found = await one.search("brass")
    assert await other.search("Brass ") == found == {lamp.item_id: 1}
    assert (one.asked_engine, other.asked_engine) == (1, 0)


async def test_a_crowd_asks_the_engine_once(start: Start, put: Put, item: MakeItem) -> None:
    """Twenty in each of two processes at the same moment, with nothing remembered yet."""
    await put(item("kettle of copper"))
    one, other = await start(), await start()
    crowd = [replica.search("copper") for replica in (one, other) for _ in range(20)]
    found = await asyncio.gather(*crowd)
    assert all(answer == found[0] and answer for answer in found)
    assert one.asked_engine + other.asked_engine == 1


async def test_who_leaves_the_crowd_takes_nobody_along(
    start: Start, put: Put, item: MakeItem
) -> None:
    """The first who asked goes away; the second gets the answer all the same."""
    await put(item("ladder of pine"))
    replica = await start()
    going = asyncio.create_task(replica.search("pine", before=lambda: asyncio.sleep(0.1)))
    await asyncio.sleep(0.05)
    staying = asyncio.create_task(replica.search("pine"))
    await asyncio.sleep(0.02)
    going.cancel()
    assert await staying
    assert replica.asked_engine == 1


async def test_another_community_gets_its_own_answer(
    start: Start, put: Put, item: MakeItem
) -> None:
    """The same words, asked a moment later."""
    here, there = item("tent of canvas"), item("tent of canvas", community="hillside")
    await put(here, there)
    replica = await start()
    assert await replica.search("canvas") == {here.item_id: 1}
    assert await replica.search("canvas", "hillside") == {there.item_id: 1}


async def test_a_change_is_found_as_soon_as_it_is_announced(
    start: Start, put: Put, item: MakeItem
) -> None:
    """Long before an answer is too old, and in a process that wrote nothing."""
    await put(piano := item("piano of oak"))
    one, other = await start(), await start()
    assert await other.search("oak") == {piano.item_id: 1}
    await index_items(one.engine, [piano.model_copy(update={"version": 2})], timeout_seconds=20)
    await one.announcer.announce()
    assert await other.search("oak") == {piano.item_id: 2}


async def test_a_rating_that_was_spread_is_found_as_soon_as_it_is_announced(
    start: Start, put: Put, item: MakeItem, scratch_database: ScratchDatabase
) -> None:
    """The item has the version that it had; what was remembered of it is forgotten all the same."""
    seller = UUID(int=31)
    await put(oboe := item("oboe of ebony", seller_id=seller))
    one, other = await start(), await start()
    assert await other.search("ebony") == {oboe.item_id: 1}
    async with scratch_database.open("search") as database:
        await Consumer(SELLERS, database).handle(delivered([reputation(seller)]))
        async with database.transaction() as conn:
            assert await spread_ratings(conn, one.engine, timeout_seconds=20)
    await one.announcer.announce()
    asked_before = other.asked_engine
    assert await other.search("ebony") == {oboe.item_id: 1}
    assert other.asked_engine == asked_before + 1


async def test_an_answer_that_was_overtaken_is_not_given_again(
    start: Start, put: Put, item: MakeItem
) -> None:
    """Looked for before a change, kept after it: it belongs to an epoch that is over."""
    await put(drill := item("drill of steel"))
    replica = await start()
    changed = drill.model_copy(update={"version": 2})

    async def change() -> None:
        """Between the look at the epoch and the engine's answer, which is the old one."""
        await replica.store.renew(["riverside"])

    assert await replica.search("steel", before=change) == {drill.item_id: 1}
    await index_items(replica.engine, [changed], timeout_seconds=20)
    await replica.engine.call("POST", "/items/_refresh")
    assert await replica.search("steel") == {drill.item_id: 2}


async def test_one_looks_and_others_wait_until_the_epoch_ends(start: Start) -> None:
    """Whoever looked before a change looks for nobody after it; who gives up frees the others."""
    one, other = (await start()).store, (await start()).store
    search = Asked("riverside", "a search of its own")
    first = await _look(one, search)
    assert first.is_ours
    assert await _look(other, search) == Looked(first.epoch, None, is_ours=False)
    await one.renew(["riverside"])
    after = await _look(other, search)
    assert after.is_ours
    assert after.epoch != first.epoch
    await other.leave(search)
    assert (await _look(one, search)).is_ours
    kept = pack(after.epoch, 0, b"found")
    await one.keep(search, kept, LONG_MS)
    assert await _look(other, search) == Looked(after.epoch, kept, is_ours=False)


async def test_what_is_too_old_is_looked_for_at_once(
    start: Start, put: Put, item: MakeItem
) -> None:
    """It was kept too late: nobody looks for it, so nobody is waited for."""
    await put(mirror := item("mirror of glass"))
    replica = await start(max_age_ms=150)
    assert await replica.search("glass") == {mirror.item_id: 1}
    wanted = asked(Wanted(q="glass", limit=50), Bounds("riverside"), synonyms="shipped")
    epoch = (await _look(replica.store, wanted)).epoch
    await replica.store.keep(wanted, pack(epoch, 0, b"old"), LONG_MS)
    found = await asyncio.wait_for(replica.search("glass"), 5)
    assert found == {mirror.item_id: 1}
    assert replica.asked_engine == 2


async def test_without_announcements_an_answer_dies_of_age(
    start: Start,
    put: Put,
    item: MakeItem,
) -> None:
    """Whoever wrote was killed, or could not reach Valkey."""
    await put(clock := item("clock of tin"))
    replica = await start(max_age_ms=150)
    assert await replica.search("tin") == {clock.item_id: 1}
    await put(clock.model_copy(update={"version": 2}))
    await asyncio.sleep(0.16)
    assert await replica.search("tin") == {clock.item_id: 2}


async def test_without_valkey_the_engine_answers(
    start: Start, put: Put, item: MakeItem, unused_tcp_port: int
) -> None:
    """Each search asks it: nothing is remembered, nothing fails, changes are seen at once."""
    await put(boots := item("boots of leather"))
    replica = await start(f"redis://search:x@127.0.0.1:{unused_tcp_port}/0")
    assert await replica.search("leather") == {boots.item_id: 1}
    await put(boots.model_copy(update={"version": 2}))
    assert await replica.search("leather") == {boots.item_id: 2}
    assert replica.asked_engine == 2


async def test_what_the_engine_refuses_is_not_remembered(
    start: Start, put: Put, item: MakeItem
) -> None:
    """The next one asks again."""
    await put(item("sofa of velvet"))
    replica = await start()

    async def fail() -> Any:
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        await replica.search("velvet", before=fail)
    found = await asyncio.wait_for(replica.search("velvet"), 2)
    assert len(found) == 1
