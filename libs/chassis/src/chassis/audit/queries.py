"""Statements over the audit log."""

from collections.abc import Sequence
from typing import Any, Final

from chassis.database import Connection

SEAL: Final = "SELECT seal_audit($1)"
ENSURE_MONTHS: Final = "SELECT ensure_audit_partitions($1, $2)"
TRY_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('audit.sign'), hashtext($1))"
SELECT_HEAD: Final = "SELECT seq, hash FROM audit_seal ORDER BY seq DESC LIMIT 1"
SELECT_LATEST: Final = "SELECT size, root, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
SELECT_CHECKPOINTS: Final = "SELECT size, root, note FROM audit_checkpoint ORDER BY size"
SELECT_HASH: Final = "SELECT hash FROM audit_seal WHERE seq = $1"
INSERT_CHECKPOINT: Final = "INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)"
#: Everything as the text that Postgres writes, so that nothing is lost on the way.
SELECT_SEALED: Final = """
SELECT s.seq::text AS seq, s.hash, s.event_id::text AS event_id, e.id::text AS id,
    (extract(EPOCH FROM e.recorded_at) * 1000000)::bigint::text AS recorded_at, e.recorded_as,
    e.action, e.actor_id::text AS actor_id, e.actor_name, e.entity, e.entity_id,
    e.before::text AS before, e.after::text AS after, e.reason, e.address, e.agent,
    e.session_id::text AS session_id, e.correlation_id,
    date_trunc('month', s.recorded_at AT TIME ZONE 'UTC')::date AS month
FROM audit_seal AS s
LEFT JOIN audit_event AS e ON e.recorded_at = s.recorded_at AND e.id = s.event_id
WHERE s.seq > $1 AND s.seq <= $2 ORDER BY s.seq LIMIT $3
"""
SELECT_LOOSE: Final = """
SELECT e.id::text AS id, e.recorded_at FROM audit_event AS e
WHERE NOT EXISTS (SELECT FROM audit_seal AS s WHERE s.event_id = e.id)
    AND NOT EXISTS (
        SELECT FROM audit_pending AS p WHERE p.recorded_at = e.recorded_at AND p.event_id = e.id
    )
ORDER BY e.recorded_at LIMIT $1
"""
#: Whole months of the log that are partitions still, begun before a day.
SELECT_MONTHS: Final = """
SELECT to_date(right(c.relname, 6), 'YYYYMM') AS month
FROM pg_inherits AS i INNER JOIN pg_class AS c ON i.inhrelid = c.oid
WHERE i.inhparent = 'audit_event'::regclass AND c.relname ~ '^audit_event_[0-9]{6}$'
    AND to_date(right(c.relname, 6), 'YYYYMM') < $1::date
ORDER BY 1
"""
#: A month's events with their places, and the hash before each: what is not sealed has none.
SELECT_MONTH: Final = """
SELECT s.seq::text AS seq, s.hash, b.hash AS before_hash, e.id::text AS id,
    (extract(EPOCH FROM e.recorded_at) * 1000000)::bigint::text AS recorded_at, e.recorded_as,
    e.action, e.actor_id::text AS actor_id, e.actor_name, e.entity, e.entity_id,
    e.before::text AS before, e.after::text AS after, e.reason, e.address, e.agent,
    e.session_id::text AS session_id, e.correlation_id
FROM audit_event AS e
LEFT JOIN audit_seal AS s ON s.recorded_at = e.recorded_at AND s.event_id = e.id
LEFT JOIN audit_seal AS b ON b.seq = s.seq - 1
WHERE e.recorded_at >= $1::date::timestamp AT TIME ZONE 'UTC'
    AND e.recorded_at < ($1::date + interval '1 month') AT TIME ZONE 'UTC'
ORDER BY s.seq NULLS FIRST LIMIT $2
"""
ARCHIVE_MONTH: Final = "SELECT archive_audit_month($1, $2, $3, $4, $5)"
SELECT_ARCHIVES: Final = "SELECT month, path, sha256, events FROM audit_archive ORDER BY month"
COUNT_PENDING: Final = """
SELECT count(*) AS pending, coalesce(extract(EPOCH FROM clock_timestamp() - min(recorded_at)), 0)
    AS oldest_seconds
FROM audit_pending
"""


async def select_head(conn: Connection) -> tuple[int, bytes | None]:
    """How long the chain is, and its last hash."""
    row = await conn.fetchrow(SELECT_HEAD)
    return (row["seq"], bytes(row["hash"])) if row else (0, None)


async def select_sealed(conn: Connection, after: int, upto: int, limit: int) -> Sequence[Any]:
    """A page of the chain with its events, in order; an event that is gone has no values."""
    rows: Sequence[Any] = await conn.fetch(SELECT_SEALED, after, upto, limit)
    return rows
