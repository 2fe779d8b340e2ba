"""Dead letters: what could not be handled, kept whole with the reason, so that it can be redriven.

The row and the announcement on the topic's `.dead` twin (through the outbox, like everything that
is said) become true together.
"""

import hashlib
import traceback
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from chassis.database import Connection
from chassis.failpoints import reach
from chassis.ids import new_id
from chassis.inbox import UPSERT_OUTCOME, Delivery, Position
from chassis.outbox import INSERT_EVENTS, part_of
from contracts.cloudevents import Envelope
from contracts.messages import Message
from contracts.topics import TOPICS, dead_letters

REASON_CHARACTERS: Final = 500
ANNOUNCED_BYTES: Final = 256 * 1024
HEADERS_KEPT: Final = 40
HEADER_CHARACTERS: Final = 4096
_DEAD_TOPICS: Final = {topic.name: dead_letters(topic).name for topic in TOPICS}

INSERT_DEAD_LETTER: Final = """
INSERT INTO dead_letter (
    consumer, topic, partition, message_offset, event_id, type_name, key,
    headers, payload, reason, stack_digest, trace_id
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT ON CONSTRAINT dead_letter_once DO NOTHING
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that is given up, by one consumer."""

    consumer: str
    position: Position
    payload: bytes | None
    headers: dict[str, str]
    reason: str
    envelope: Envelope | None = None
    stack_digest: str | None = None
    #: Whether the inbox tells of it. What is no message of ours must not speak for an event id.
    in_inbox: bool = False

    @classmethod
    def undecodable(
        cls, consumer: str, record: Any, envelope: Envelope | None, reason: str
    ) -> Self:
        """A Kafka record that is no message of ours."""
        headers = {
            str(name)[:80].replace("\x00", ""): _legible(value or b"")
            for name, value in record.headers[:HEADERS_KEPT]
        }
        position = Position(record.topic, record.partition, record.offset)
        return cls(consumer, position, record.value, headers, reason[:REASON_CHARACTERS], envelope)

    @classmethod
    def defective(cls, consumer: str, delivery: Delivery[Message], error: Exception) -> Self:
        """A message whose handling failed at every try."""
        stack = "".join(traceback.format_exception(error))
        return cls(
            consumer,
            delivery.position,
            delivery.payload,
            dict(delivery.headers),
            repr(error)[:REASON_CHARACTERS],
            delivery.envelope,
            hashlib.sha256(stack.encode()).hexdigest()[:16],
            in_inbox=True,
        )

    @classmethod
    def given_up(cls, consumer: str, delivery: Delivery[Message], reason: str) -> Self:
        """A message that could not wait any longer for an earlier one."""
        return cls(
            consumer,
            delivery.position,
            delivery.payload,
            dict(delivery.headers),
            reason[:REASON_CHARACTERS],
            delivery.envelope,
            in_inbox=True,
        )

    @property
    def traceparent(self) -> str | None:
        """The span that the message comes from."""
        return self.envelope.traceparent if self.envelope else None

    def trace_id(self) -> str | None:
        """The trace that the message belongs to."""
        return self.traceparent.split("-")[1] if self.traceparent else None


def _legible(value: bytes) -> str:
    return value[:HEADER_CHARACTERS].decode("utf-8", "replace").replace("\x00", "")


async def bury(conn: Connection, letter: DeadLetter) -> bool:
    """Keep a dead letter and announce it; False when it was there already."""
    envelope = letter.envelope
    if envelope is not None and letter.in_inbox:
        day, reason = Delivery.day_of(envelope.event_id), letter.reason
        await conn.execute(
            UPSERT_OUTCOME, letter.consumer, day, envelope.event_id, "FAILED", reason
        )
    await reach("dead_letters.after_outcome")
    inserted = await conn.fetchval(
        INSERT_DEAD_LETTER,
        letter.consumer,
        letter.position.topic,
        letter.position.partition,
        letter.position.offset,
        envelope.event_id if envelope else None,
        envelope.type_name if envelope else None,
        envelope.key if envelope else None,
        letter.headers,
        letter.payload,
        letter.reason,
        letter.stack_digest,
        letter.trace_id(),
    )
    if inserted is None:
        return False
    await reach("dead_letters.after_row")
    await _announce(conn, letter)
    await reach("dead_letters.after_announcement")
    return True


async def _announce(conn: Connection, letter: DeadLetter) -> None:
    position = letter.position
    key = letter.envelope.key if letter.envelope else f"{position.topic}/{position.partition}"
    headers = {
        "consumer": letter.consumer,
        "reason": letter.reason.encode("ascii", "replace").decode(),
        "origin": f"{position.topic}/{position.partition}/{position.offset}",
        "ce_id": str(letter.envelope.event_id) if letter.envelope else "",
        "ce_type": letter.envelope.type_name if letter.envelope else "",
    }
    if letter.traceparent:
        headers["traceparent"] = letter.traceparent
    text = (letter.payload or b"")[:ANNOUNCED_BYTES].decode("utf-8", "replace").replace("\x00", "")
    await conn.execute(
        INSERT_EVENTS,
        [new_id()],
        [_DEAD_TOPICS[position.topic]],
        [key],
        [part_of(key)],
        [orjson.dumps(headers).decode()],
        [text],
    )
