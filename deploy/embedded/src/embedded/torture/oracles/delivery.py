"""O4 and O5: everything said is heard once by everyone who listens, in order of its aggregate."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import asyncpg

from chassis.clock import SystemClock
from chassis.resources import Resources
from chassis.subscription import Subscription
from contracts.messages import MESSAGES
from contracts.topics import TOPICS
from embedded.torture.holding import SELECT_HELD
from embedded.torture.messages import POISON, Poison
from embedded.torture.oracles.findings import Violation, limited
from embedded.torture.oracles.topics import Told
from embedded.torture.plan import SERVICES

_SHOWN_MAX: Final = 10
SELECT_OUTBOX: Final = """
SELECT id, event_id::text AS event_id, key, topic FROM {service}.outbox
WHERE published_at IS NOT NULL AND topic = ANY($1::text []) ORDER BY id
"""
SELECT_UNSENT: Final = """
SELECT id, topic, last_error FROM {service}.outbox WHERE published_at IS NULL
"""
SELECT_INBOX: Final = """
SELECT consumer, event_id::text AS event_id, received_at FROM {service}.inbox
"""
SELECT_DEAD: Final = """
SELECT consumer, topic, partition, message_offset, event_id::text AS event_id, reason
FROM {service}.dead_letter
"""


@dataclass(slots=True)
class Sent:
    """An outbox row that was published."""

    service: str
    place: int
    event_id: str
    key: str
    topic: str


@dataclass(slots=True)
class Delivered:
    """What the services' tables say about messages.

    Attributes:
        sent: Published outbox rows, in the order of their ids.
        unsent: Rows that were not published.
        inbox: When each consumer took in which event.
        held: Events that were held back on purpose, and so came after those behind them.
        dropped: Events that consumers got by a replay only, by consumer.
        dead: Places of dead letters by consumer, with the reason.
        dead_events: Events that consumers gave up.
    """

    sent: list[Sent] = field(default_factory=list)
    unsent: list[tuple[str, str]] = field(default_factory=list)
    inbox: dict[str, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))
    dead: dict[str, dict[tuple[str, int, int], str]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    held: frozenset[str] = frozenset()
    dropped: Mapping[str, set[str]] = field(default_factory=dict)


async def read_delivered(conn: asyncpg.Connection, dropped: Mapping[str, set[str]]) -> Delivered:
    """Read outboxes, inboxes and dead letters of all services; the harness knows of `dropped`."""
    found = Delivered(dropped=dropped)
    found.held = frozenset(row["event_id"] for row in await conn.fetch(SELECT_HELD))
    topics = [topic.name for topic in TOPICS]
    for service in SERVICES:
        for row in await conn.fetch(SELECT_OUTBOX.format(service=service), topics):
            found.sent.append(Sent(service, row["id"], row["event_id"], row["key"], row["topic"]))
        for row in await conn.fetch(SELECT_UNSENT.format(service=service)):
            found.unsent.append(
                (f"{service} outbox {row['id']}", f"to {row['topic']}: {row['last_error']}")
            )
        for row in await conn.fetch(SELECT_INBOX.format(service=service)):
            found.inbox[row["consumer"]][row["event_id"]] = row["received_at"]
        for row in await conn.fetch(SELECT_DEAD.format(service=service)):
            place = (row["topic"], row["partition"], row["message_offset"])
            found.dead[row["consumer"]][place] = row["reason"]
    return found


def subscriptions(*, index: bool = True) -> list[Subscription]:
    """What every service hears, as its `main.py` declares it; nothing is opened.

    Args:
        index: Whether there is an engine that search indexes into.
    """
    from gateway.main import service as gateway
    from ledger.main import service as ledger
    from marketplace.main import service as marketplace
    from search.main import service as search

    found: list[Subscription] = []
    for service in (gateway, ledger, marketplace, search):
        nobody: Any = None
        # Declaring a subscription uses these only inside the handlers, which are not called.
        extra = {"hub": nobody, "engine": object() if index else None}
        settings = service.settings.model_construct()
        resources = Resources(settings, nobody, SystemClock(), nobody, extra=extra)
        found += service.subscriptions
        if service.make_subscriptions:
            found += service.make_subscriptions(resources)
    return found


def all_is_delivered(
    delivered: Delivered,
    told: Sequence[Told],
    poison: Sequence[Poison],
    heard: Iterable[Subscription],
) -> list[Violation]:
    """O4: outbox rows, messages in topics and inbox rows are the same events."""
    return limited("O4", _undelivered(delivered, told, poison, list(heard)))


def _undelivered(
    delivered: Delivered,
    told: Sequence[Told],
    poison: Sequence[Poison],
    heard: Sequence[Subscription],
) -> Iterator[tuple[str, str]]:
    for subject, detail in delivered.unsent:
        yield subject, f"was not sent {detail}"
    sent = {one.event_id for one in delivered.sent}
    present = {one.event_id for one in told}
    for event_id in sent - present:
        yield f"event {event_id}", "was marked as sent, and no topic has it"
    for event_id in present - sent:
        yield f"event {event_id}", "is in a topic, and no outbox sent it"
    for subscription in heard:
        yield from _unheard(subscription, delivered, told, poison, present)


def _unheard(
    subscription: Subscription,
    delivered: Delivered,
    told: Sequence[Told],
    poison: Sequence[Poison],
    present: set[str],
) -> Iterator[tuple[str, str]]:
    group, topics, types = subscription.group, subscription.topics(), subscription.types()
    taken = delivered.inbox.get(group, {})
    wanted = {one.event_id for one in told if one.topic in topics and one.type_name in types}
    for event_id in wanted - taken.keys():
        yield f"{group}: event {event_id}", "was not taken in"
    dead = delivered.dead.get(group, {})
    poisoned = {
        (one.topic, one.partition, one.offset): one.way
        for one in poison
        if one.topic in topics and (one.type_name in types or one.type_name not in MESSAGES)
    }
    for place, way in poisoned.items():
        if place not in dead:
            yield f"{group}: {place}", f"is no message ({way}), and is not among the dead letters"
        elif not re.search(POISON[way], dead[place]):
            yield f"{group}: {place}", f"was given up for another reason than {way}: {dead[place]}"
    for place in dead.keys() - {(one.topic, one.partition, one.offset) for one in poison}:
        yield f"{group}: {place}", f"was given up: {dead[place]}"
    # What was spoiled has ids of its own, which the inbox keeps with the dead letter.
    strangers = len(taken.keys() - present)
    if strangers > len(poisoned):
        yield group, f"took in {strangers} events that no topic has"


def none_is_missing(acknowledged: Iterable[Poison], found: Iterable[Poison]) -> list[Violation]:
    """O4: what the broker acknowledged is in its topics, at the place that it said."""
    missing = set(acknowledged) - set(found)
    return limited("O4", [(f"{one}", "was acknowledged, and no topic has it") for one in missing])


def order_is_kept(
    delivered: Delivered, told: Sequence[Told], heard: Iterable[Subscription]
) -> list[Violation]:
    """O5: each key's events lie in the topic, and were taken in, in the order they became true."""
    return limited("O5", _disorder(delivered, told, list(heard)))


def _disorder(
    delivered: Delivered, told: Sequence[Told], heard: Sequence[Subscription]
) -> Iterator[tuple[str, str]]:
    chains: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in told:
        if one.event_id not in delivered.held:
            chains[one.topic, one.key].append(one)
    places = {one.event_id: (one.service, one.place) for one in delivered.sent}
    for (topic, key), chain in chains.items():
        chain.sort(key=lambda one: (one.partition, one.offset))
        if len({one.partition for one in chain}) > 1:
            yield f"{topic} key {key}", "lies in several partitions"
        subject = f"{topic} key {key}"
        found = [
            *_backwards(subject, "was sent", [places.get(one.event_id) for one in chain]),
            *_backwards(subject, "has a version", [one.version for one in chain]),
        ]
        yield from found
        if found:
            yield subject, f"lies there as {', '.join(map(_lies, chain[:_SHOWN_MAX]))}"
    for subscription in heard:
        late = delivered.dropped.get(subscription.group, set())
        taken = delivered.inbox.get(subscription.group, {})
        in_time = {name: at for name, at in taken.items() if name not in late} if late else taken
        yield from _taken_in_disorder(subscription, chains, in_time)


def _lies(one: Told) -> str:
    return f"{one.partition}@{one.offset} version {one.version} of {one.written_at.isoformat()}"


def _taken_in_disorder(
    subscription: Subscription,
    chains: Mapping[tuple[str, str], Sequence[Told]],
    taken: Mapping[str, datetime],
) -> Iterator[tuple[str, str]]:
    types, topics = subscription.types(), subscription.topics()
    for (topic, key), chain in chains.items():
        if topic in topics:
            moments = [taken.get(one.event_id) for one in chain if one.type_name in types]
            yield from _backwards(f"{subscription.group}: {topic} key {key}", "was heard", moments)


def _backwards(subject: str, what: str, values: Sequence[Any]) -> Iterator[tuple[str, str]]:
    known = [value for value in values if value is not None]
    for one, following in pairwise(known):
        if following < one:
            yield subject, f"{what} before the one ahead of it: {following} after {one}"
            return
