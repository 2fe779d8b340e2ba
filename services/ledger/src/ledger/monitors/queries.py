"""Statements of monitors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.monitors.models import Crossing, Monitor, Point
from ledger.reach import Reach

#: Held until the transaction ends: one person's monitors are counted and added one after another.
HOLD_OWNER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('monitor ' || $1, 0))"
COUNT_WATCHING: Final = """
SELECT count(*) FROM monitor WHERE owner_id = $1 AND ended_at IS NULL
"""
INSERT_MONITOR: Final = """
INSERT INTO monitor (
    id, owner_id, account_id, asset, kind, threshold_minor, hysteresis_minor, window_seconds, label,
    beyond, seen_seq, crossings, created_at, ended_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
SELECT_MONITOR: Final = """
SELECT id, owner_id, account_id, asset, kind, threshold_minor, hysteresis_minor, window_seconds,
    label, beyond, seen_seq, crossings, created_at, ended_at
FROM monitor AS m
WHERE id = $1 AND owner_id = $2 AND EXISTS (
    SELECT FROM account AS a
    WHERE a.id = m.account_id AND ($3::uuid IS NULL OR a.owner_id = $3)
        AND ($4::text IS NULL OR a.community = $4)
)
"""
SELECT_MONITORS: Final = """
SELECT id, owner_id, account_id, asset, kind, threshold_minor, hysteresis_minor, window_seconds,
    label, beyond, seen_seq, crossings, created_at, ended_at
FROM monitor AS m
WHERE owner_id = $1 AND ended_at IS NULL AND EXISTS (
    SELECT FROM account AS a
    WHERE a.id = m.account_id AND ($2::uuid IS NULL OR a.owner_id = $2)
        AND ($3::text IS NULL OR a.community = $3)
) AND ($4::uuid IS NULL OR account_id = $4) AND ($5::uuid IS NULL OR id < $5)
ORDER BY id DESC LIMIT $6
"""
SELECT_CROSSINGS: Final = """
SELECT account_seq, transfer_id, observed_minor, crossed_at FROM monitor_crossing
WHERE monitor_id = $1 ORDER BY account_seq DESC LIMIT $2
"""
END_MONITOR: Final = """
UPDATE monitor SET ended_at = $3 WHERE id = $1 AND owner_id = $2 AND ended_at IS NULL
"""
#: Those whose account has moved on: an index descent each, whatever the statistics say.
LOCK_DUE: Final = """
SELECT m.id, m.owner_id, m.account_id, m.asset, m.kind, m.threshold_minor, m.hysteresis_minor,
    m.window_seconds, m.label, m.beyond, m.seen_seq, m.crossings, m.created_at, m.ended_at
FROM monitor AS m
CROSS JOIN LATERAL (
    SELECT FROM entry AS e
    WHERE e.account_id = m.account_id AND e.account_seq > m.seen_seq LIMIT 1
) AS moved
WHERE m.ended_at IS NULL AND ($1::uuid IS NULL OR m.id > $1)
ORDER BY m.id LIMIT $2 FOR UPDATE OF m SKIP LOCKED
"""
SELECT_POINTS: Final = """
SELECT w.id, e.account_seq, e.transfer_id, e.posted_at, e.balance_after_minor,
    e.balance_after_minor - e.amount_minor, e.held_after_minor, a.floor_minor,
    coalesce(b.balance_after_minor, 0)
FROM unnest($1::uuid [], $2::uuid [], $3::bigint [], $4::integer [])
    AS w (id, account_id, seen_seq, window_seconds)
INNER JOIN account AS a ON a.id = w.account_id
CROSS JOIN LATERAL (
    SELECT n.* FROM entry AS n WHERE n.account_id = w.account_id AND n.account_seq > w.seen_seq
    ORDER BY n.account_seq LIMIT $5
) AS e
LEFT JOIN LATERAL (
    SELECT p.balance_after_minor FROM entry AS p
    WHERE w.window_seconds IS NOT NULL AND p.account_id = w.account_id
        AND p.posted_at <= e.posted_at - w.window_seconds * interval '1 second'
    ORDER BY p.posted_at DESC, p.account_seq DESC LIMIT 1
) AS b ON TRUE
ORDER BY w.id, e.account_seq
"""
#: Where an account stands, as a point without an entry of its own.
SELECT_STANDING: Final = """
SELECT coalesce(h.account_seq, 0), a.id, $2::timestamptz, coalesce(h.balance_after_minor, 0),
    coalesce(h.balance_after_minor, 0), coalesce(h.held_after_minor, 0), a.floor_minor,
    CASE WHEN $3::integer IS NULL THEN 0 ELSE get_account_balance(
        a.id, 'infinity', $2::timestamptz - $3::integer * interval '1 second'
    ) END
FROM account AS a
LEFT JOIN LATERAL (
    SELECT e.account_seq, e.balance_after_minor, e.held_after_minor FROM entry AS e
    WHERE e.account_id = a.id ORDER BY e.account_seq DESC LIMIT 1
) AS h ON TRUE
WHERE a.id = $1
"""
UPDATE_SEEN: Final = """
UPDATE monitor SET beyond = $2, seen_seq = $3, crossings = $4 WHERE id = $1
"""
INSERT_CROSSING: Final = """
INSERT INTO monitor_crossing (monitor_id, account_seq, transfer_id, observed_minor, crossed_at)
VALUES ($1, $2, $3, $4, $5)
"""


async def hold_owner(conn: Connection, owner: UUID) -> int:
    """Wait for others who add monitors of this person; returns how many there are."""
    await conn.execute(HOLD_OWNER, str(owner))
    return int(await conn.fetchval(COUNT_WATCHING, owner))


async def insert_monitor(conn: Connection, made: Monitor) -> None:
    """Write a monitor."""
    await conn.execute(
        INSERT_MONITOR,
        made.id,
        made.owner_id,
        made.account_id,
        made.asset,
        made.kind,
        made.threshold_minor,
        made.hysteresis_minor,
        made.window_seconds,
        made.label,
        made.beyond,
        made.seen_seq,
        made.crossings,
        made.created_at,
        made.ended_at,
    )


async def select_monitor(
    conn: Connection, monitor_id: UUID, owner: UUID, reach: Reach
) -> Monitor | None:
    """A monitor of somebody's over an account within reach, also one that has ended."""
    row = await conn.fetchrow(SELECT_MONITOR, monitor_id, owner, reach.owner, reach.community)
    return Monitor(*row) if row else None


async def select_monitors(
    conn: Connection,
    owner: UUID,
    reach: Reach,
    account_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[Monitor]:
    """A page of somebody's monitors that have not ended, newest first."""
    rows = await conn.fetch(
        SELECT_MONITORS, owner, reach.owner, reach.community, account_id, before, limit
    )
    return [Monitor(*row) for row in rows]


async def select_crossings(conn: Connection, monitor_id: UUID, limit: int) -> list[Crossing]:
    """The newest crossings of a monitor."""
    return [Crossing(*row) for row in await conn.fetch(SELECT_CROSSINGS, monitor_id, limit)]


async def end_monitor(conn: Connection, monitor_id: UUID, owner: UUID, at: datetime) -> None:
    """End a monitor; one that has ended stays as it is."""
    await conn.execute(END_MONITOR, monitor_id, owner, at)


async def select_standing(
    conn: Connection, account_id: UUID, at: datetime, window_seconds: int | None
) -> Point:
    """Where an account stands now."""
    return Point(*await conn.fetchrow(SELECT_STANDING, account_id, at, window_seconds))


async def lock_due(conn: Connection, after: UUID | None, limit: int) -> list[Monitor]:
    """Lock monitors whose account has moved on, in id order; those held elsewhere are left out."""
    return [Monitor(*row) for row in await conn.fetch(LOCK_DUE, after, limit)]


async def select_points(
    conn: Connection, monitors: Sequence[Monitor], limit: int
) -> dict[UUID, list[Point]]:
    """The next entries that each monitor has to look at, in order."""
    found: dict[UUID, list[Point]] = {monitor.id: [] for monitor in monitors}
    rows = await conn.fetch(
        SELECT_POINTS,
        [monitor.id for monitor in monitors],
        [monitor.account_id for monitor in monitors],
        [monitor.seen_seq for monitor in monitors],
        [monitor.window_seconds for monitor in monitors],
        limit,
    )
    for row in rows:
        values: Sequence[Any] = tuple(row)
        found[values[0]].append(Point(*values[1:]))
    return found


async def update_seen(conn: Connection, monitors: Sequence[Monitor]) -> None:
    """Write how far monitors have looked, and where they stand."""
    await conn.executemany(
        UPDATE_SEEN, [(one.id, one.beyond, one.seen_seq, one.crossings) for one in monitors]
    )


async def insert_crossings(conn: Connection, told: Sequence[tuple[Monitor, Crossing]]) -> None:
    """Write what is told: one row an event."""
    await conn.executemany(
        INSERT_CROSSING,
        [
            (monitor.id, one.account_seq, one.transfer_id, one.observed_minor, one.crossed_at)
            for monitor, one in told
        ],
    )
