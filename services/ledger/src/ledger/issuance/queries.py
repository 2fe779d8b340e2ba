"""Statements of issuance."""

from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.issuance.models import Limit, Request, RequestState

SELECT_LIMIT: Final = """
SELECT alone_max_minor, day_max_minor FROM issuance_limit WHERE asset = $1
"""
INSERT_REQUEST: Final = """
INSERT INTO issuance_request (
    id, transfer_id, account_id, asset, amount_minor, reason, state, requested_by, requested_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
LOCK_REQUEST: Final = """
SELECT id, transfer_id, account_id, asset, amount_minor, reason, state, requested_by, requested_at,
    decided_by, decided_at
FROM issuance_request WHERE id = $1 FOR UPDATE
"""
SELECT_REQUESTS: Final = """
SELECT id, transfer_id, account_id, asset, amount_minor, reason, state, requested_by, requested_at,
    decided_by, decided_at
FROM issuance_request
WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3
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


async def lock_request(conn: Connection, request_id: UUID) -> Request | None:
    """Lock a request and read it."""
    row = await conn.fetchrow(LOCK_REQUEST, request_id)
    return _read(row) if row else None


async def select_requests(
    conn: Connection, state: RequestState | None, before: UUID | None, limit: int
) -> list[Request]:
    """A page of requests, newest first."""
    return [_read(row) for row in await conn.fetch(SELECT_REQUESTS, state, before, limit)]


async def update_request(conn: Connection, one: Request) -> None:
    """Write how a request was decided."""
    await conn.execute(UPDATE_REQUEST, one.id, one.state, one.decided_by, one.decided_at)


def _read(row: Any) -> Request:
    return Request(**{**row, "amount_minor": int(row["amount_minor"])})
