"""Taking an aggregate's versions in turn: what comes early is parked until its turn has come.

For state machines that must not skip a step. A key's head is the last version that was handled;
the next one is taken, an older one is stale, a later one waits in `parked_message`, bounded in
number and in time, and then becomes a dead letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.inbox import Delivery
from contracts.messages import Message

PARKED_OF_KEY_MAX: Final = 100
PARKED_MAX: Final = 10_000
PARKED_SECONDS: Final = 600

LOCK_HEADS: Final = """
WITH made AS (
    INSERT INTO aggregate_head (consumer, key, version)
    SELECT $1, key, 0 FROM unnest($2::text []) AS wanted (key) ORDER BY key
    ON CONFLICT (consumer, key) DO UPDATE SET version = aggregate_head.version
    RETURNING key, version
)

SELECT made.key, made.version, (
    SELECT count(*) FROM (
        SELECT FROM parked_message AS p WHERE p.consumer = $1 AND p.key = made.key LIMIT 1000
    ) AS waiting
) AS parked FROM made
"""
ADVANCE_HEADS: Final = """
INSERT INTO aggregate_head (consumer, key, version)
SELECT $1, key, version FROM unnest($2::text [], $3::bigint []) AS moved (key, version) ORDER BY key
ON CONFLICT (consumer, key) DO UPDATE
SET version = greatest(aggregate_head.version, excluded.version)
"""
COUNT_PARKED: Final = """
SELECT count(*) FROM (SELECT FROM parked_message WHERE consumer = $1 LIMIT $2) AS waiting
"""
PARK: Final = """
INSERT INTO parked_message (
    consumer, key, version, event_day, event_id, topic, partition, message_offset, headers, payload
)
SELECT $1, * FROM unnest(
    $2::text [], $3::bigint [], $4::date [], $5::uuid [], $6::text [], $7::integer [],
    $8::bigint [], $9::jsonb [], $10::bytea []
)
ON CONFLICT (consumer, key, version) DO NOTHING
RETURNING event_id
"""
SET_OUTCOMES: Final = """
UPDATE inbox SET outcome = $4, reason = $5
FROM unnest($2::date [], $3::uuid []) AS told (day, id)
WHERE inbox.consumer = $1 AND inbox.event_day = told.day AND inbox.event_id = told.id
"""
SELECT_DUE: Final = """
SELECT p.* FROM parked_message AS p
INNER JOIN aggregate_head AS h ON p.consumer = h.consumer AND p.key = h.key
WHERE p.consumer = $1 AND p.version <= h.version + 1 AND ($2::text [] IS NULL OR p.key = ANY($2))
ORDER BY p.key, p.version LIMIT 100
"""
SELECT_OVERDUE: Final = """
SELECT p.*, h.version AS head FROM parked_message AS p
LEFT JOIN aggregate_head AS h ON p.consumer = h.consumer AND p.key = h.key
WHERE p.consumer = $1 AND p.parked_at < clock_timestamp() - make_interval(secs => $2)
ORDER BY p.parked_at LIMIT 100
"""
TAKE_PARKED: Final = """
DELETE FROM parked_message WHERE consumer = $1 AND key = $2 AND version = $3 AND event_id = $4
RETURNING event_id
"""


@dataclass(slots=True)
class Turns:
    """What becomes of a batch: handled now, parked, passed over, or given up."""

    ready: list[Delivery[Message]] = field(default_factory=list)
    early: list[Delivery[Message]] = field(default_factory=list)
    stale: list[Delivery[Message]] = field(default_factory=list)
    crowded: list[Delivery[Message]] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)
    #: Keys that moved and have messages waiting.
    moved: list[str] = field(default_factory=list)


def version_of(delivery: Delivery[Message]) -> int | None:
    """The aggregate's version in a message."""
    return delivery.message.aggregate_version()


def decide_turns(
    deliveries: Sequence[Delivery[Message]],
    heads: dict[str, int],
    parked: dict[str, int],
    room: int,
) -> Turns:
    """Decide what becomes of each message; pure.

    Args:
        deliveries: New ones, in the order in which they came.
        heads: The last version handled, by key.
        parked: How many wait, by key.
        room: How many more may wait in all.
    """
    turns = Turns(heads=dict(heads))
    waiting = dict(parked)
    for delivery in deliveries:
        version, key = version_of(delivery), delivery.envelope.key
        if version is None:
            turns.ready.append(delivery)
        elif version <= turns.heads[key]:
            turns.stale.append(delivery)
        elif version == turns.heads[key] + 1:
            turns.heads[key] = version
            turns.ready.append(delivery)
        elif waiting.get(key, 0) >= PARKED_OF_KEY_MAX or len(turns.early) >= room:
            turns.crowded.append(delivery)
        else:
            waiting[key] = waiting.get(key, 0) + 1
            turns.early.append(delivery)
    turns.moved = sorted(k for k in heads if turns.heads[k] != heads[k] and waiting.get(k))
    return turns


async def take_turns(
    conn: Connection, consumer: str, deliveries: Sequence[Delivery[Message]]
) -> Turns:
    """Lock the heads of a batch's aggregates, in order, and decide; writes heads and the parked."""
    keys = sorted({d.envelope.key for d in deliveries if version_of(d) is not None})
    rows = await conn.fetch(LOCK_HEADS, consumer, keys)
    heads = {row["key"]: row["version"] for row in rows}
    parked = {row["key"]: row["parked"] for row in rows if row["parked"]}
    room = PARKED_MAX - int(await conn.fetchval(COUNT_PARKED, consumer, PARKED_MAX))
    turns = decide_turns(deliveries, heads, parked, room)
    moved = [key for key in keys if turns.heads[key] != heads[key]]
    if moved:
        await conn.execute(ADVANCE_HEADS, consumer, moved, [turns.heads[key] for key in moved])
    if turns.early:
        turns.stale += await _park(conn, consumer, turns.early)
    await set_outcomes(conn, consumer, turns.early, "PARKED", None)
    await set_outcomes(conn, consumer, turns.stale, "STALE", "the aggregate is past this version")
    return turns


async def _park(
    conn: Connection, consumer: str, early: list[Delivery[Message]]
) -> list[Delivery[Message]]:
    """Park messages; returns those whose place another message has, which come to nothing."""
    rows = await conn.fetch(
        PARK,
        consumer,
        [d.envelope.key for d in early],
        [version_of(d) for d in early],
        [d.event_day for d in early],
        [d.envelope.event_id for d in early],
        [d.position.topic for d in early],
        [d.position.partition for d in early],
        [d.position.offset for d in early],
        [dict(d.headers) for d in early],
        [d.payload for d in early],
    )
    kept = {row["event_id"] for row in rows}
    doubled = [d for d in early if d.envelope.event_id not in kept]
    early[:] = [d for d in early if d.envelope.event_id in kept]
    return doubled


async def set_outcomes(
    conn: Connection,
    consumer: str,
    deliveries: Sequence[Delivery[Message]],
    outcome: str,
    reason: str | None,
) -> None:
    """Say in the inbox what became of messages that are in it."""
    if deliveries:
        days: list[date] = [d.event_day for d in deliveries]
        ids: list[UUID] = [d.envelope.event_id for d in deliveries]
        await conn.execute(SET_OUTCOMES, consumer, days, ids, outcome, reason)


async def advance_head(conn: Connection, consumer: str, delivery: Delivery[Message]) -> None:
    """A message was settled out of turn, or refused: those behind it need not wait for it."""
    version = version_of(delivery)
    if version is not None:
        await conn.execute(ADVANCE_HEADS, consumer, [delivery.envelope.key], [version])


async def unpark(conn: Connection, consumer: str, delivery: Delivery[Message]) -> bool:
    """Take a parked message for handling; False when somebody else has."""
    key, version = delivery.envelope.key, version_of(delivery)
    event_id = delivery.envelope.event_id
    return await conn.fetchval(TAKE_PARKED, consumer, key, version, event_id) is not None


async def due(conn: Connection, consumer: str, keys: list[str] | None) -> list[Any]:
    """Parked messages whose turn has come, of some keys or of all."""
    rows: list[Any] = await conn.fetch(SELECT_DUE, consumer, keys)
    return rows


async def overdue(conn: Connection, consumer: str, seconds: float) -> list[Any]:
    """Parked messages that have waited longer than this."""
    rows: list[Any] = await conn.fetch(SELECT_OVERDUE, consumer, seconds)
    return rows
