"""Reading what Kafka brought: untrusted until size, producer, schema and place agree.

Nothing that a message says chooses a topic, a file or a query: its type is looked up in the table
of types, its topic is the one it was read from, and its text is only ever a parameter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from chassis.dead_letters import DeadLetter
from chassis.ids import new_id
from chassis.inbox import Delivery, Position
from chassis.retention import INBOX_DAYS
from chassis.seals import UNSEALED, Seals
from chassis.subscription import Subscription
from contracts.cloudevents import Envelope, Undecodable, decode, decode_headers, read_envelope
from contracts.messages import MESSAGES, Message
from contracts.topics import SOURCES

#: How far another machine's clock may be ahead.
AHEAD_DAYS: Final = 2


@dataclass(slots=True)
class Read:
    """Records told apart."""

    deliveries: list[Delivery[Message]] = field(default_factory=list)
    broken: list[DeadLetter] = field(default_factory=list)
    outdated: int = 0


def read_records(
    records: Iterable[Any], subscription: Subscription, seals: Seals = UNSEALED
) -> Read:
    """Tell messages of ours from what is none; types that nobody hears are passed over."""
    found = Read()
    types = subscription.types()
    # The day of an id, because days of ids are what it is compared with.
    today = Delivery.day_of(new_id())
    oldest, newest = today - timedelta(days=INBOX_DAYS - 1), today + timedelta(days=AHEAD_DAYS)
    for record in records:
        envelope = None
        try:
            headers = decode_headers(record.headers)
            envelope = read_envelope(headers)
            if envelope.type_name not in types and envelope.type_name in MESSAGES:
                continue
            seals.check(record.topic, headers, record.value)
            day = Delivery.day_of(envelope.event_id)
            message = decode(envelope, record.value)
            check_place(record.topic, envelope, message)
            if day > newest:
                raise Undecodable(f"event id {envelope.event_id} is of {day}, which is to come")
        except ValueError as error:
            found.broken.append(
                DeadLetter.undecodable(subscription.group, record, envelope, str(error))
            )
            continue
        if day < oldest and not subscription.rereads:
            found.outdated += 1
            continue
        position = Position(record.topic, record.partition, record.offset)
        found.deliveries.append(Delivery(message, envelope, position, record.value, headers))
    return found


def check_place(topic: str, envelope: Envelope, message: Message) -> None:
    """Check that envelope, payload and place are about the same thing.

    Raises:
        Undecodable: Says which is not.
    """
    if topic != message.TOPIC:
        raise Undecodable(f"{envelope.type_name} does not belong on {topic}")
    if envelope.source != SOURCES[topic]:
        raise Undecodable(f"{envelope.source[:80]!r} may not write to {topic}")
    if envelope.key != message.key():
        raise Undecodable("ce_subject is not the key that the payload has")
    if envelope.aggregate_version != message.aggregate_version():
        raise Undecodable("ce_aggregateversion is not the version that the payload has")
