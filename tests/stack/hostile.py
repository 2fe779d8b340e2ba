"""Messages that are valid in every way and whose words are meant to do harm.

Each kind that a service hears is made up from its schema, given to the service's own subscriptions
as Kafka would give it, and must change nothing but rows of the tables that are there.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import asyncpg

from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.ids import new_id
from chassis.resources import Resources
from chassis.service import Service
from chassis.subscription import Subscription
from contracts.cloudevents import envelope_of, write_headers
from contracts.generate import json_schema
from contracts.messages import MESSAGES, Message
from contracts.samples import samples
from contracts.topics import TOPICS, dead_letters

#: As query, as path, as topic, index or address, and as what a template or a shell would run.
WORDS: Final = (
    "'; DROP TABLE inbox CASCADE; --",
    "../../../../etc/passwd",
    "ledger.transfers.v1",
    '"}},"script":{"source":"ctx.op=\'delete\'"}',
    "*,-x/_all?q=*&routing=",
    "{{7*7}}$(touch x)`touch y`%00%s",
)
_UUID: Final = "01936d00-0000-7000-8000-00000000000a"
_SOURCES: Final = {topic.name: topic.source for topic in TOPICS}
SELECT_RELATIONS: Final = """
SELECT n.nspname || '.' || c.relname || ' ' || c.relkind::text AS name FROM pg_class AS c
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""


def spoiled(value: Any, word: str, fresh: str, longest: int) -> Any:
    """The same with a word in place of each free text, and ids of its own."""
    match value:
        case dict():
            return {name: spoiled(one, word, fresh, longest) for name, one in value.items()}
        case list():
            return [spoiled(one, word, fresh, longest) for one in value]
        case str() if value == _UUID:
            return fresh
        case str() if value and set(value) == {"x"}:
            return word[: max(longest, len(value))]
        case _:
            return value


def hostile_messages(model: type[Message]) -> Iterator[Message]:
    """Valid messages of a kind with each of the words; none where it has no free text."""
    for payload in samples(json_schema(model))[:2]:
        for word in WORDS:
            for longest in (120, 24, 10, 5, 3, 2, 1):
                fresh = str(new_id())
                wanted = spoiled(payload, word, fresh, longest)
                if wanted == spoiled(payload, "", fresh, 0):
                    return
                try:
                    yield model.model_validate(wanted)
                except ValueError:
                    continue
                break


def record_of(message: Message, offset: int) -> Any:
    """The Kafka record that its producer would write."""
    envelope = envelope_of(
        message,
        event_id=new_id(),
        source=_SOURCES[message.TOPIC],
        occurred_at=datetime.now(UTC),
    )
    return SimpleNamespace(
        topic=message.TOPIC,
        partition=0,
        offset=offset,
        timestamp=0,
        value=message.model_dump_json().encode(),
        headers=[(name, value.encode()) for name, value in write_headers(envelope).items()],
    )


def subscriptions_of(service: Service, **extra: Any) -> list[Subscription]:
    """What a service hears as its `main.py` declares it, with what it opened."""
    settings = extra.pop("settings", None) or service.settings.model_construct()
    nobody: Any = None
    resources = Resources(settings, nobody, SystemClock(), nobody, extra=extra)
    made = service.make_subscriptions(resources) if service.make_subscriptions else ()
    return [*service.subscriptions, *made]


async def give(
    service: Service,
    database: Database,
    admin: asyncpg.Connection,
    heard: Sequence[Subscription],
    refused: Collection[str] = (),
) -> dict[str, int]:
    """Give each subscription each kind of hostile message that it hears; nothing is chosen.

    Args:
        service: Whose subscriptions they are.
        database: As the service's role.
        admin: As superuser, in the same database.
        heard: From `subscriptions_of`.
        refused: Kinds of messages of which some may end as dead letters, by a rule about form.

    Returns:
        How many were given, by kind of message.
    """
    before = await _relations(admin)
    given: dict[str, int] = {}
    offset = uuid4().int % 2**50
    for subscription in heard:
        consumer = Consumer(
            subscription, Database(database.pool, by_community=service.by_community)
        )
        for name in sorted(subscription.types()):
            records = []
            for message in hostile_messages(MESSAGES[name]):
                offset += 1
                records.append(record_of(message, offset))
            if records:
                await consumer.handle(records)
                given[name] = given.get(name, 0) + len(records)
                known, defects = await _outcomes(admin, service.name, subscription.group, records)
                assert known == len(records), (subscription.group, name)
                assert not defects or name in refused, (subscription.group, name, defects)
    assert await _relations(admin) == before
    said = await admin.fetch(f"SELECT DISTINCT topic, key FROM {service.name}.outbox")
    allowed = _may_say(service.name, {topic for one in heard for topic in one.topics()})
    assert {row["topic"] for row in said} <= allowed
    return given


def _may_say(service: str, heard: Iterable[str]) -> set[str]:
    """Topics that are its own to write, and the twins of those it hears."""
    listened = set(heard)
    own = {topic.name for topic in TOPICS if topic.source == f"/{service}"}
    return own | {dead_letters(topic).name for topic in TOPICS if topic.name in listened}


async def _outcomes(
    admin: asyncpg.Connection, service: str, group: str, records: Any
) -> tuple[int, set[str]]:
    """How many of them the inbox knows, and why some are dead letters."""
    ids = [dict(record.headers)["ce_id"].decode() for record in records]
    rows = await admin.fetch(
        f"SELECT outcome, reason FROM {service}.inbox"
        " WHERE consumer = $1 AND event_id = ANY($2::text []::uuid [])",
        group,
        ids,
    )
    return len(rows), {row["reason"] for row in rows if row["outcome"] == "FAILED"}


async def _relations(admin: asyncpg.Connection) -> set[str]:
    return {row["name"] for row in await admin.fetch(SELECT_RELATIONS)}
