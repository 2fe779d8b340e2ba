"""The outbox: an event becomes true in the transaction of the change, or not at all."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from uuid import UUID

import orjson

from chassis import context
from chassis.columns import join_column
from chassis.database import Connection
from chassis.failpoints import reach
from chassis.ids import new_id
from chassis.tracing import current_traceparent
from contracts.cloudevents import Envelope, write_headers
from contracts.messages import Message
from contracts.topics import SOURCES

#: Key partitions: one active relay for each, so that a key's events keep their order.
PARTS: Final = 16

INSERT_EVENTS: Final = """
INSERT INTO outbox (event_id, topic, key, part, headers, payload)
SELECT *
FROM unnest(
    $1::uuid [], $2::text [], $3::text [], $4::smallint [], $5::text []::jsonb [], $6::text []
)
"""


def part_of(key: str) -> int:
    """The key partition, 0 to 15; the same for a key in every process."""
    return zlib.crc32(key.encode()) % PARTS


@dataclass(frozen=True, slots=True)
class Cause:
    """What set a message off: kept by work that is done later, or together with other work."""

    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None

    @classmethod
    def present(cls) -> Self:
        """The request or message in progress."""
        return cls(context.correlation_id.get(), context.causation_id.get(), current_traceparent())


async def emit(conn: Connection, *messages: Message) -> tuple[UUID, ...]:
    """Write messages to the outbox, in order.

    Call it while the aggregate's row is locked: then ids are in order within a key, and so is
    what the relay sends.

    Args:
        conn: The transaction of the change; the caller commits.
        messages: Events or commands; none is fine.

    Returns:
        The event ids.
    """
    cause = Cause.present()
    return await emit_each(conn, [(message, cause) for message in messages])


async def emit_each(
    conn: Connection, messages: Sequence[tuple[Message, Cause]]
) -> tuple[UUID, ...]:
    """Write messages of several causes, in order: what a batch does for many requests.

    Args:
        conn: The transaction of the change; the caller commits.
        messages: Each with what set it off; none is fine.

    Returns:
        The event ids.
    """
    return await write_events(conn, prepare_events(messages))


@dataclass(frozen=True, slots=True)
class Written:
    """A message whose payload is JSON already: what is said thousands of times a second.

    Whoever makes one has a test that the payload is what `type` would have written.
    """

    type: type[Message]
    key: str
    audience: tuple[UUID, ...]
    payload: str
    aggregate_version: int | None = None

    @classmethod
    def of(cls, message: Message) -> Self:
        """Write a message."""
        return cls(
            type(message),
            message.key(),
            message.audience(),
            message.model_dump_json(),
            message.aggregate_version(),
        )


@dataclass(frozen=True, slots=True)
class PreparedEvents:
    """Messages as columns of the outbox: made without the database, and so while it is busy."""

    ids: tuple[UUID, ...]
    columns: tuple[list[Any], ...]


def prepare_events(messages: Sequence[tuple[Message | Written, Cause]]) -> PreparedEvents:
    """Make what `write_events` writes: ids, headers, payloads."""
    occurred_at = datetime.now(UTC)
    service = context.service.get()
    ids: list[UUID] = []
    headers: list[str] = []
    said = [one if isinstance(one, Written) else Written.of(one) for one, _ in messages]
    for one, (_, cause) in zip(said, messages, strict=True):
        envelope = Envelope(
            event_id=new_id(),
            # A command line has no service of its own: it speaks for the topic's.
            source=SOURCES[one.type.TOPIC] if service == "unknown" else f"/{service}",
            type_name=one.type.type_name(),
            version=one.type.VERSION,
            key=one.key,
            occurred_at=occurred_at,
            aggregate_version=one.aggregate_version,
            audience=one.audience,
            correlation_id=cause.correlation_id,
            causation_id=cause.causation_id,
            traceparent=cause.traceparent,
        )
        ids.append(envelope.event_id)
        headers.append(orjson.dumps(write_headers(envelope)).decode())
    columns: tuple[list[Any], ...] = (
        ids,
        [one.type.TOPIC for one in said],
        [one.key for one in said],
        [part_of(one.key) for one in said],
        headers,
        [one.payload for one in said],
    )
    return PreparedEvents(tuple(ids), columns)


def events_in_columns(prepared: PreparedEvents) -> list[str]:
    """What `write_events` would write, as columns for another statement; at least one event."""
    return [join_column(map(str, column)) for column in prepared.columns]


async def write_events(conn: Connection, prepared: PreparedEvents) -> tuple[UUID, ...]:
    """Write prepared messages to the outbox, in order; none is fine. Returns the event ids."""
    if prepared.ids:
        await reach("outbox.before_insert")
        await conn.execute(INSERT_EVENTS, *prepared.columns)
        await reach("outbox.after_insert")
    return prepared.ids
