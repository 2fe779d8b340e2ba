"""Statements of webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.webhooks.models import DeliveryView, Due, EndpointView, Sealed

LOCK_OWNER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || $1::text, 0))"
COUNT_ENDPOINTS: Final = """
SELECT count(*) FROM webhook_endpoint WHERE user_id = $1 AND state = 'active'
"""
INSERT_ENDPOINT: Final = """
INSERT INTO webhook_endpoint (id, user_id, url, event_types, created_at)
VALUES ($1, $2, $3, $4, $5)
RETURNING id, url, event_types, state, paused_until, created_at
"""
SELECT_ENDPOINTS: Final = """
SELECT id, url, event_types, state, paused_until, created_at FROM webhook_endpoint
WHERE user_id = $1 AND state <> 'removed' ORDER BY created_at, id LIMIT 100
"""
LOCK_ENDPOINT: Final = """
SELECT state FROM webhook_endpoint
WHERE id = $1 AND user_id = $2 AND state <> 'removed' FOR UPDATE
"""
REMOVE_ENDPOINT: Final = "UPDATE webhook_endpoint SET state = 'removed' WHERE id = $1"
INSERT_SECRET: Final = """
INSERT INTO webhook_secret (id, endpoint_id, wrapping_key, wrapped, created_at)
VALUES ($1, $2, $3, $4, $5)
"""
END_SECRETS: Final = """
UPDATE webhook_secret SET ends_at = $2 WHERE endpoint_id = $1 AND ends_at IS NULL
"""
DELETE_ENDED: Final = "DELETE FROM webhook_secret WHERE endpoint_id = $1 AND ends_at <= $2"
SELECT_SECRETS: Final = """
SELECT s.id, s.endpoint_id, s.wrapping_key, s.wrapped, s.secret, s.created_at, s.ends_at
FROM webhook_secret AS s
INNER JOIN webhook_endpoint AS e ON e.id = s.endpoint_id
WHERE e.id = $1 AND e.user_id = $2 AND e.state <> 'removed'
AND (s.ends_at IS NULL OR s.ends_at > $3)
ORDER BY s.created_at DESC LIMIT 10
"""
SELECT_WANTING: Final = """
SELECT id, user_id, event_types FROM webhook_endpoint
WHERE user_id = ANY($1::uuid []) AND state = 'active'
"""
INSERT_DELIVERIES: Final = """
INSERT INTO webhook_delivery (id, endpoint_id, event_id, type_name, body, created_at, due_at)
SELECT id, endpoint_id, event_id, type_name, body, $6, $6
FROM unnest($1::uuid [], $2::uuid [], $3::uuid [], $4::text [], $5::text [])
AS wanted (id, endpoint_id, event_id, type_name, body)
ON CONFLICT ON CONSTRAINT webhook_delivery_once DO NOTHING
"""
#: Taken for a minute: what a process that died had taken comes back by itself.
TAKE_DUE: Final = """
WITH due AS (
    SELECT d.id FROM webhook_delivery AS d
    INNER JOIN webhook_endpoint AS e ON e.id = d.endpoint_id
    WHERE d.state = 'pending' AND d.due_at <= $1 AND e.state = 'active'
    AND (e.paused_until IS NULL OR e.paused_until <= $1)
    ORDER BY d.due_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED
)
UPDATE webhook_delivery AS d SET due_at = $1 + interval '1 minute', attempts = d.attempts + 1
FROM due, webhook_endpoint AS e
WHERE d.id = due.id AND e.id = d.endpoint_id
RETURNING d.id, d.endpoint_id, e.url, d.body, d.attempts, e.failures
"""
SELECT_GOOD: Final = """
SELECT id, endpoint_id, wrapping_key, wrapped, secret, created_at, ends_at FROM webhook_secret
WHERE endpoint_id = ANY($1::uuid []) AND (ends_at IS NULL OR ends_at > $2)
ORDER BY created_at DESC
"""
#: In the clear, as they were before they were sealed, or wrapped by a key that has gone by.
LOCK_STALE: Final = """
SELECT id, endpoint_id, wrapping_key, wrapped, secret, created_at, ends_at FROM webhook_secret
WHERE wrapping_key IS DISTINCT FROM $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
SEAL_SECRET: Final = """
UPDATE webhook_secret SET secret = NULL, wrapping_key = $2, wrapped = $3 WHERE id = $1
"""
COUNT_WRAPPINGS: Final = """
SELECT coalesce(wrapping_key, '') AS wrapping_key, count(*) AS keys FROM webhook_secret
GROUP BY wrapping_key ORDER BY wrapping_key
"""
MARK_DELIVERED: Final = """
UPDATE webhook_delivery SET state = 'delivered', answered = $2, error = NULL, done_at = $3
WHERE id = $1
"""
MARK_WELL: Final = """
UPDATE webhook_endpoint SET failures = 0, paused_until = NULL
WHERE id = $1 AND (failures > 0 OR paused_until IS NOT NULL)
"""
MARK_FAILED: Final = """
UPDATE webhook_delivery SET state = $2, answered = $3, error = $4, due_at = coalesce($5, due_at),
    done_at = CASE WHEN $5::timestamptz IS NULL THEN $6::timestamptz END
WHERE id = $1
"""
MARK_ILL: Final = """
UPDATE webhook_endpoint SET failures = failures + 1, paused_until = $2,
    state = CASE WHEN $3 AND state = 'active' THEN 'gone' ELSE state END
WHERE id = $1
"""
SELECT_DELIVERIES: Final = """
SELECT d.id, d.event_id, d.type_name, d.state, d.attempts, d.answered, d.error, d.created_at,
    d.due_at, d.done_at
FROM webhook_delivery AS d
INNER JOIN webhook_endpoint AS e ON e.id = d.endpoint_id
WHERE e.id = $1 AND e.user_id = $2 AND ($3::text IS NULL OR d.state = $3)
ORDER BY d.id DESC LIMIT $4
"""
REDRIVE: Final = """
UPDATE webhook_delivery AS d SET state = 'pending', attempts = 0, due_at = $3, done_at = NULL
FROM webhook_endpoint AS e
WHERE d.id = $1 AND e.id = d.endpoint_id AND e.user_id = $2 AND d.state <> 'pending'
AND e.state = 'active'
RETURNING d.id
"""
DELETE_OLD_DELIVERIES: Final = """
DELETE FROM webhook_delivery WHERE id IN (
    SELECT id FROM webhook_delivery
    WHERE created_at < $1 ORDER BY created_at LIMIT 5000
)
"""
DELETE_OLD_RECEIVED: Final = """
DELETE FROM webhook_received WHERE (source, id) IN (
    SELECT source, id FROM webhook_received
    WHERE received_at < $1 ORDER BY received_at LIMIT 5000
)
"""
INSERT_RECEIVED: Final = """
INSERT INTO webhook_received (source, id, sent_at, received_at, body) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT webhook_received_once DO NOTHING
"""

type DeliveryRow = tuple[UUID, UUID, UUID, str, str]


async def lock_owner(conn: Connection, user_id: UUID) -> int:
    """Let nobody else add to a person's endpoints; returns how many are active."""
    await conn.execute(LOCK_OWNER, str(user_id))
    found: int = await conn.fetchval(COUNT_ENDPOINTS, user_id)
    return found


async def insert_endpoint(
    conn: Connection, row: tuple[UUID, UUID, str, list[str], datetime], sealed: Sealed
) -> EndpointView:
    """Write an endpoint with its first secret."""
    found = EndpointView(**dict(await conn.fetchrow(INSERT_ENDPOINT, *row)))
    await conn.execute(INSERT_SECRET, *sealed[:4], sealed.created_at)
    return found


async def select_endpoints(conn: Connection, user_id: UUID) -> list[EndpointView]:
    """A person's endpoints."""
    return [EndpointView(**dict(row)) for row in await conn.fetch(SELECT_ENDPOINTS, user_id)]


async def lock_endpoint(conn: Connection, endpoint_id: UUID, user_id: UUID) -> str | None:
    """The state of an endpoint of this person, locked; nothing when they have none."""
    state: str | None = await conn.fetchval(LOCK_ENDPOINT, endpoint_id, user_id)
    return state


async def remove_endpoint(conn: Connection, endpoint_id: UUID) -> None:
    """Tell it nothing more."""
    await conn.execute(REMOVE_ENDPOINT, endpoint_id)


async def replace_secret(
    conn: Connection, endpoint_id: UUID, sealed: Sealed, *, now: datetime, ends_at: datetime
) -> None:
    """A new secret; the last one ends later, those that have ended are forgotten."""
    await conn.execute(DELETE_ENDED, endpoint_id, now)
    await conn.execute(END_SECRETS, endpoint_id, ends_at)
    await conn.execute(INSERT_SECRET, *sealed[:4], sealed.created_at)


async def select_secrets(
    conn: Connection, endpoint_id: UUID, user_id: UUID, now: datetime
) -> list[Sealed]:
    """The secrets that are good, the newest first; none for an endpoint of somebody else."""
    return [Sealed(*row) for row in await conn.fetch(SELECT_SECRETS, endpoint_id, user_id, now)]


async def lock_stale(conn: Connection, current: str, limit: int) -> list[Sealed]:
    """Secrets that the current key does not wrap, locked; those others hold are left out."""
    return [Sealed(*row) for row in await conn.fetch(LOCK_STALE, current, limit)]


async def seal_secret(conn: Connection, secret_id: UUID, name: str, wrapped: bytes) -> None:
    """Write a secret as it is wrapped now, and no more in the clear."""
    await conn.execute(SEAL_SECRET, secret_id, name, wrapped)


async def count_wrappings(conn: Connection) -> dict[str, int]:
    """How many secrets each wrapping key wraps; those in the clear under no name."""
    return {row["wrapping_key"]: row["keys"] for row in await conn.fetch(COUNT_WRAPPINGS)}


async def select_wanting(conn: Connection, people: Sequence[UUID]) -> list[Any]:
    """Active endpoints of people."""
    found: list[Any] = await conn.fetch(SELECT_WANTING, list(people))
    return found


async def insert_deliveries(conn: Connection, rows: Sequence[DeliveryRow], now: datetime) -> None:
    """Write what is to be told, once for each endpoint and event."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await conn.execute(INSERT_DELIVERIES, *columns, now)


async def take_due(conn: Connection, now: datetime, limit: int) -> list[Due]:
    """Deliveries to be tried now, counted as tried."""
    rows = await conn.fetch(TAKE_DUE, now, limit)
    endpoints = list({row["endpoint_id"] for row in rows})
    secrets: dict[UUID, list[Sealed]] = {endpoint: [] for endpoint in endpoints}
    for found in await conn.fetch(SELECT_GOOD, endpoints, now) if rows else ():
        secrets[found["endpoint_id"]].append(Sealed(*found))
    return [Due(**dict(row), secrets=secrets[row["endpoint_id"]]) for row in rows]


async def mark_delivered(conn: Connection, due: Due, status: int, now: datetime) -> None:
    """The endpoint has heard."""
    await conn.execute(MARK_DELIVERED, due.id, status, now)
    await conn.execute(MARK_WELL, due.endpoint_id)


async def mark_failed(
    conn: Connection,
    due: Due,
    answer: tuple[int | None, str],
    *,
    again_at: datetime | None,
    paused_until: datetime | None,
    now: datetime,
    gone: bool,
) -> None:
    """The endpoint has not heard: when to try again, and how it stands."""
    state = "failed" if again_at is None else "pending"
    await conn.execute(MARK_FAILED, due.id, state, *answer, again_at, now)
    await conn.execute(MARK_ILL, due.endpoint_id, paused_until, gone)


async def select_deliveries(
    conn: Connection, endpoint_id: UUID, user_id: UUID, state: str | None, limit: int
) -> list[DeliveryView]:
    """What an endpoint of this person was told, newest first."""
    rows = await conn.fetch(SELECT_DELIVERIES, endpoint_id, user_id, state, limit)
    return [DeliveryView(**dict(row)) for row in rows]


async def redrive(conn: Connection, delivery_id: UUID, user_id: UUID, now: datetime) -> bool:
    """Try a delivery anew; False when there is none of this person that is done."""
    return await conn.fetchval(REDRIVE, delivery_id, user_id, now) is not None


async def delete_old(conn: Connection, before: datetime) -> int:
    """Forget old deliveries, a bounded number; returns how many."""
    answer: str = await conn.execute(DELETE_OLD_DELIVERIES, before)
    return int(answer.rpartition(" ")[2])


async def delete_received(conn: Connection, before: datetime) -> int:
    """Forget what came in long ago, a bounded number; returns how many."""
    answer: str = await conn.execute(DELETE_OLD_RECEIVED, before)
    return int(answer.rpartition(" ")[2])


async def insert_received(
    conn: Connection, row: tuple[str, str, datetime, datetime, bytes]
) -> bool:
    """Keep a message as it came; False when it is there already."""
    answer: str = await conn.execute(INSERT_RECEIVED, *row)
    return answer.endswith(" 1")
