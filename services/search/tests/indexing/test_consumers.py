"""The message edge: delivered as Kafka would, into the real engine and the real inbox."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from chassis.consumer import Consumer
from chassis.ids import new_id
from contracts.cloudevents import envelope_of, write_headers
from contracts.marketplace import ItemChanged
from contracts.messages import Message
from contracts.topics import SOURCES
from search.engine import Engine
from search.indexing.consumers import items_subscription
from search.indexing.mapping import FIRST_INDEX, READ_ALIAS
from search.settings import Settings
from services.search.tests.offers import NOON
from tests.stack.database import ScratchDatabase

type MakeItem = Callable[..., ItemChanged]


def delivered(events: Sequence[Message]) -> list[Any]:
    """Kafka records of events."""
    records = []
    for offset, event in enumerate(events):
        source = SOURCES[event.TOPIC]
        envelope = envelope_of(event, event_id=new_id(), source=source, occurred_at=NOON)
        headers = [(name, text.encode()) for name, text in write_headers(envelope).items()]
        records.append(
            SimpleNamespace(
                headers=headers,
                value=event.model_dump_json().encode(),
                topic=event.TOPIC,
                partition=0,
                offset=offset,
            )
        )
    return records


async def found(engine: Engine) -> list[str]:
    """Titles that searches can see."""
    await engine.call("POST", f"/{FIRST_INDEX}/_refresh")
    answer = await engine.call("POST", f"/{READ_ALIAS}/_search", {"size": 100})
    return sorted(hit["_source"]["title"] for hit in answer["hits"]["hits"])


async def test_a_batch_is_indexed_and_a_repeat_changes_nothing(
    engine: Engine, settings: Settings, scratch_database: ScratchDatabase, item: MakeItem
) -> None:
    """Delivered twice, there once; one that does not fit is buried and harms no neighbour."""
    records = delivered([item("first"), item("too many", quantity=2**40), item("last")])
    async with scratch_database.open("search") as database:
        consumer = Consumer(items_subscription(engine, settings), database)
        await consumer.handle(records)
        await consumer.handle(records)
        async with database.connection() as conn:
            outcomes = await conn.fetch("SELECT outcome FROM inbox ORDER BY outcome")
            reason = await conn.fetchval("SELECT reason FROM dead_letter")
    assert await found(engine) == ["first", "last"]
    assert [row["outcome"] for row in outcomes] == ["FAILED", "PROCESSED", "PROCESSED"]
    assert "quantity" in reason
