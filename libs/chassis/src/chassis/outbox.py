"""The outbox: an event becomes true in the transaction of the change, or not at all."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Self
from uuid import UUID

import orjson

from chassis import context
from chassis.columns import join_column
from chassis.database import Connection
from chassis.failpoints import reach
from chassis.ids import new_id
from chassis.tracing import current_traceparent
from contracts.cloudevents import CONTENT_TYPE
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


@cache
def _headers_of(kind: type[Message], service: str) -> dict[str, str]:
    """Headers of a type, the same for each of its messages; as `write_headers` writes them."""
    return {
        "ce_specversion": "1.0",
        # A command line has no service of its own: it speaks for the topic's.
        "ce_source": SOURCES[kind.TOPIC] if service == "unknown" else f"/{service}",
        "ce_type": kind.type_name(),
        "ce_dataschema": f"urn:localex:{kind.type_name()}:{kind.VERSION}",
        "content-type": CONTENT_TYPE,
    }


def prepare_events(messages: Sequence[tuple[Message | Written, Cause]]) -> PreparedEvents:
    """Make what `write_events` writes: ids, headers, payloads."""
    occurred_at = datetime.now(UTC).isoformat()
    service = context.service.get()
    ids = [new_id() for _ in messages]
    headers: list[str] = []
    said = [one if isinstance(one, Written) else Written.of(one) for one, _ in messages]
    for event_id, one, (_, cause) in zip(ids, said, messages, strict=True):
        written = {
            **_headers_of(one.type, service),
            "ce_id": str(event_id),
            "ce_time": occurred_at,
            "ce_subject": one.key,
        }
        if one.aggregate_version is not None:
            written["ce_aggregateversion"] = str(one.aggregate_version)
        if one.audience:
            written["ce_audience"] = ",".join(map(str, one.audience))
        if cause.correlation_id is not None:
            written["ce_correlationid"] = cause.correlation_id
        if cause.causation_id is not None:
            written["ce_causationid"] = cause.causation_id
        if cause.traceparent is not None:
            written["traceparent"] = cause.traceparent
        headers.append(orjson.dumps(written).decode())
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
