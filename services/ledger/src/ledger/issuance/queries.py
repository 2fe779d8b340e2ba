"""Statements of issuance."""

from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.issuance.models import Limit, Request, RequestState
from ledger.reach import Reach

SELECT_LIMIT: Final = """
SELECT alone_max_minor, day_max_minor FROM issuance_limit WHERE asset = $1
"""
INSERT_REQUEST: Final = """
INSERT INTO issuance_request (
    id, transfer_id, account_id, asset, amount_minor, reason, state, requested_by, requested_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
LOCK_REQUEST: Final = """
SELECT r.id, r.transfer_id, r.account_id, r.asset, r.amount_minor, r.reason, r.state,
    r.requested_by, r.requested_at, r.decided_by, r.decided_at
FROM issuance_request AS r
INNER JOIN account AS a ON a.id = r.account_id
WHERE r.id = $1 AND ($2::text IS NULL OR a.community = $2) FOR UPDATE OF r
"""
SELECT_REQUESTS: Final = """
SELECT r.id, r.transfer_id, r.account_id, r.asset, r.amount_minor, r.reason, r.state,
    r.requested_by, r.requested_at, r.decided_by, r.decided_at
FROM issuance_request AS r
INNER JOIN account AS a ON a.id = r.account_id
WHERE ($1::text IS NULL OR a.community = $1) AND ($2::text IS NULL OR r.state = $2)
    AND ($3::uuid IS NULL OR r.id < $3)
ORDER BY r.id DESC LIMIT $4
"""
UPDATE_REQUEST: Final = """
UPDATE issuance_request SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1
"""


async def select_limit(conn: Connection, asset: str) -> Limit | None:
    """How much of an asset may be made; none for one that is not issued."""
    row = await conn.fetchrow(SELECT_LIMIT, asset)
    return Limit(int(row["alone_max_minor"]), int(row["day_max_minor"])) if row else None


async def insert_request(conn: Connection, one: Request) -> None:
    """Write a request that waits."""
    await conn.execute(
        INSERT_REQUEST,
        one.id,
        one.transfer_id,
        one.account_id,
        one.asset,
        one.amount_minor,
        one.reason,
        one.state,
        one.requested_by,
        one.requested_at,
    )


async def lock_request(conn: Connection, request_id: UUID, reach: Reach) -> Request | None:
    """Lock a request for an account within reach, and read it."""
    row = await conn.fetchrow(LOCK_REQUEST, request_id, reach.community)
    return _read(row) if row else None


async def select_requests(
    conn: Connection, reach: Reach, state: RequestState | None, before: UUID | None, limit: int
) -> list[Request]:
    """A page of requests for accounts within reach, newest first."""
    rows = await conn.fetch(SELECT_REQUESTS, reach.community, state, before, limit)
    return [_read(row) for row in rows]


async def update_request(conn: Connection, one: Request) -> None:
    """Write how a request was decided."""
    await conn.execute(UPDATE_REQUEST, one.id, one.state, one.decided_by, one.decided_at)


def _read(row: Any) -> Request:
    return Request(**{**row, "amount_minor": int(row["amount_minor"])})
