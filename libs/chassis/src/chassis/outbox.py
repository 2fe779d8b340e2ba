"""The outbox: an event becomes true in the transaction of the change, or not at all."""

import zlib
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from chassis import context
from chassis.database import Connection
from chassis.ids import new_id
from chassis.tracing import current_traceparent
from contracts.cloudevents import envelope_of, write_headers
from contracts.messages import Message

#: Key partitions: one active relay for each, so that a key's events keep their order.
PARTS: Final = 16

INSERT_EVENTS: Final = """
INSERT INTO outbox (event_id, topic, key, part, headers, payload)
SELECT *
FROM unnest($1::uuid [], $2::text [], $3::text [], $4::smallint [], $5::jsonb [], $6::text [])
"""


def part_of(key: str) -> int:
    """The key partition, 0 to 15; the same for a key in every process."""
    return zlib.crc32(key.encode()) % PARTS


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
    if not messages:
        return ()
    occurred_at = datetime.now(UTC)
    traceparent = current_traceparent()
    envelopes = [
        envelope_of(
            message,
            event_id=new_id(),
            source=f"/{context.service.get()}",
            occurred_at=occurred_at,
            correlation_id=context.correlation_id.get(),
            causation_id=context.causation_id.get(),
            traceparent=traceparent,
        )
        for message in messages
    ]
    await conn.execute(
        INSERT_EVENTS,
        [envelope.event_id for envelope in envelopes],
        [message.TOPIC for message in messages],
        [envelope.key for envelope in envelopes],
        [part_of(envelope.key) for envelope in envelopes],
        [write_headers(envelope) for envelope in envelopes],
        [message.model_dump_json() for message in messages],
    )
    return tuple(envelope.event_id for envelope in envelopes)
