"""The index against the real engine: versions, tombstones, faults."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from contracts.marketplace import ItemChanged
from search.engine import Engine, EngineAway, EngineRefused
from search.indexing.ensure_index import ensure_index
from search.indexing.index_items import index_items, newest_of
from search.indexing.mapping import FIRST_INDEX, READ_ALIAS
from search.settings import Settings

type MakeItem = Callable[..., ItemChanged]
type Put = Callable[..., Awaitable[int]]


async def titles(engine: Engine) -> list[str]:
    """Titles that the read alias shows."""
    answer = await engine.call("POST", f"/{READ_ALIAS}/_search", {"size": 100})
    return sorted(hit["_source"]["title"] for hit in answer["hits"]["hits"])


def test_a_batch_keeps_the_newest_version_of_each_item(item: MakeItem) -> None:
    """The order within a batch does not matter."""
    one = uuid4()
    versions = [item(str(v), item_id=one, version=v) for v in (1, 3, 2)]
    assert newest_of(versions)[one].title == "3"


async def test_an_older_version_never_overwrites_a_newer(
    engine: Engine, put: Put, item: MakeItem
) -> None:
    """Events out of order leave what the newest said; a repeat changes nothing."""
    one = uuid4()
    assert await put(item("new lamp", item_id=one, version=5)) == 1
    assert await put(item("old lamp", item_id=one, version=4)) == 0
    await put(item("new lamp", item_id=one, version=5))
    assert "new lamp" in await titles(engine)
    assert "old lamp" not in await titles(engine)


async def test_a_tombstone_hides_an_item_and_withstands_a_late_event(
    engine: Engine, put: Put, item: MakeItem
) -> None:
    """What was withdrawn stays so, whatever arrives afterwards."""
    one = uuid4()
    await put(item("chair", item_id=one, version=1))
    await put(item("chair", item_id=one, version=3, status="withdrawn"))
    await put(item("chair", item_id=one, version=2))
    assert "chair" not in await titles(engine)


async def test_an_index_is_made_once(engine: Engine, settings: Settings) -> None:
    """A second process that comes up finds it there."""
    assert not await ensure_index(engine, settings)


async def test_without_an_index_writing_waits_and_makes_none(
    engine: Engine, settings: Settings, item: MakeItem
) -> None:
    """An engine that would make an index by guess must not; the right one is made again."""
    await engine.call("DELETE", f"/{FIRST_INDEX}")
    for allowed in (True, None):
        guessing = {"persistent": {"action.auto_create_index": allowed}}
        await engine.call("PUT", "/_cluster/settings", guessing)
        with pytest.raises(EngineAway):
            await index_items(engine, [item()], timeout_seconds=5)
    assert await ensure_index(engine, settings)
    assert await index_items(engine, [item()], timeout_seconds=5) == 1


async def test_a_document_that_does_not_fit_is_a_defect(engine: Engine, item: MakeItem) -> None:
    """It is not retried for ever: the consumer buries it as a dead letter."""
    with pytest.raises(EngineRefused):
        await index_items(engine, [item(quantity=2**40)], timeout_seconds=5)


async def test_an_engine_that_is_away_is_transient(item: MakeItem, settings: Settings) -> None:
    """Nothing listens on the discard port: the consumer waits instead of losing the message."""
    gone = settings.model_copy(update={"opensearch_url": "http://127.0.0.1:9"})
    async with Engine.open(gone) as engine:
        with pytest.raises(EngineAway):
            await index_items(engine, [item()], timeout_seconds=2)
        assert not engine.well
