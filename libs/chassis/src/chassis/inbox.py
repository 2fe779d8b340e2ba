"""The inbox: a message and its effect in one transaction, so that a repeat changes nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis.database import Connection
from contracts.cloudevents import Envelope, decode, read_envelope
from contracts.messages import Message
from contracts.topics import DAY_MS

UUID_VERSION: Final = 7


class Position(NamedTuple):
    """Where a message stood in Kafka."""

    topic: str
    partition: int
    offset: int


class Delivery[M: Message](NamedTuple):
    """A message as delivered: possibly not for the first time."""

    message: M
    envelope: Envelope
    position: Position
    payload: bytes
    headers: Mapping[str, str]

    @property
    def event_day(self) -> date:
        """The day inside the event's id: one event always meets the same inbox partition."""
        return self.day_of(self.envelope.event_id)

    @classmethod
    def kept(cls, row: Any) -> "Delivery[Message]":
        """A message that was kept in the database, parked or dead.

        Raises:
            Undecodable: It still is no message of ours.
        """
        headers = row["headers"]
        envelope = read_envelope(headers)
        message = decode(envelope, row["payload"])
        position = Position(row["topic"], row["partition"], row["message_offset"])
        return Delivery(message, envelope, position, row["payload"], headers)

    @staticmethod
    def day_of(event_id: UUID) -> date:
        """The UTC day in a UUIDv7.

        Raises:
            ValueError: The id is not a UUIDv7.
        """
        if event_id.version != UUID_VERSION:
            raise ValueError(f"event id {event_id} is no UUIDv7")
        return _day((event_id.int >> 80) // DAY_MS)


@lru_cache(maxsize=256)
def _day(number: int) -> date:
    """The day that begins so many days after 1970; an event's neighbours have the same."""
    return datetime.fromtimestamp(number * 86_400, UTC).date()


type Handler[M: Message] = Callable[[Connection, M], Awaitable[None]]
type BatchHandler = Callable[[Connection, Sequence[Delivery[Message]]], Awaitable[None]]

#: The new ids as one array: a row for each takes the driver as long as all else it does.
INSERT_SEEN: Final = """
WITH entered AS (
    INSERT INTO inbox (consumer, event_day, event_id)
    SELECT $1, (uuid_extract_timestamp(id) AT TIME ZONE 'UTC')::date, id
    FROM unnest($2::uuid []) AS seen (id)
    ON CONFLICT DO NOTHING
    RETURNING event_id
)

SELECT coalesce(array_agg(event_id), '{}') AS new FROM entered
"""
UPSERT_OUTCOME: Final = """
INSERT INTO inbox (consumer, event_day, event_id, outcome, reason) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (consumer, event_day, event_id) DO UPDATE
SET outcome = excluded.outcome, reason = excluded.reason
"""


async def first_seen(
    conn: Connection, consumer: str, deliveries: Sequence[Delivery[Message]]
) -> list[Delivery[Message]]:
    """Enter messages into the inbox; return those that were not there, once each, in order."""
    ids = [delivery.envelope.event_id for delivery in deliveries]
    new = set(await conn.fetchval(INSERT_SEEN, consumer, ids))
    if len(new) == len(deliveries):
        return list(deliveries)
    fresh = []
    for delivery in deliveries:
        if delivery.envelope.event_id in new:
            new.discard(delivery.envelope.event_id)
            fresh.append(delivery)
    return fresh
