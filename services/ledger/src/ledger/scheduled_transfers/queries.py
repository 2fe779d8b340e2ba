"""Statements of transfers for later."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.scheduled_transfers.models import Scheduled

_SCHEDULED: Final = """
SELECT id, owner_id, from_account, to_account, asset, amount_minor, memo, effective_at, state,
    transfer_id, problem, detail, created_at, changed_at, version, correlation_id
FROM scheduled_transfer AS s
"""
_IN_COMMUNITY: Final = """({0}::text IS NULL OR EXISTS (
    SELECT FROM account AS a WHERE a.id = s.from_account AND a.community = {0}
))"""
SELECT_SCHEDULED: Final = f"""{_SCHEDULED}
WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) AND {_IN_COMMUNITY.format("$3")}
"""
LOCK_SCHEDULED: Final = f"{_SCHEDULED} WHERE id = ANY($1::uuid []) ORDER BY id FOR UPDATE"
SELECT_SCHEDULED_PAGE: Final = f"""{_SCHEDULED}
WHERE ($1::uuid IS NULL OR owner_id = $1) AND {_IN_COMMUNITY.format("$2")}
    AND ($3::uuid IS NULL OR from_account = $3) AND ($4::text IS NULL OR state = $4)
    AND ($5::uuid IS NULL OR id < $5)
ORDER BY id DESC LIMIT $6
"""
COUNT_PENDING: Final = """
SELECT count(*) FROM (
    SELECT FROM scheduled_transfer WHERE owner_id = $1 AND state = 'PENDING' LIMIT $2
) AS pending
"""
INSERT_SCHEDULED: Final = """
INSERT INTO scheduled_transfer (
    id, owner_id, from_account, to_account, asset, amount_minor, memo, effective_at, state,
    created_at, changed_at, version, correlation_id
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
UPDATE_SCHEDULED: Final = """
UPDATE scheduled_transfer SET state = $2, transfer_id = $3, problem = $4, detail = $5,
    changed_at = $6, version = $7
WHERE id = $1
"""


async def select_scheduled(conn: Connection, scheduled_id: UUID, reach: Reach) -> Scheduled | None:
    """A transfer for later, if it is within reach."""
    row = await conn.fetchrow(SELECT_SCHEDULED, scheduled_id, reach.owner, reach.community)
    return Scheduled(*row) if row else None


async def lock_scheduled(conn: Connection, ids: Sequence[UUID]) -> list[Scheduled]:
    """Lock transfers for later in id order until the transaction ends, and read them."""
    return [Scheduled(*row) for row in await conn.fetch(LOCK_SCHEDULED, ids)]


async def select_scheduled_page(
    conn: Connection,
    *,
    reach: Reach,
    account: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Scheduled]:
    """A page of transfers for later, newest first."""
    rows = await conn.fetch(
        SELECT_SCHEDULED_PAGE, reach.owner, reach.community, account, state, before, limit
    )
    return [Scheduled(*row) for row in rows]


async def count_pending(conn: Connection, owner: UUID, most: int) -> int:
    """How many of a person's wait for their time; counted up to `most`."""
    return int(await conn.fetchval(COUNT_PENDING, owner, most))


async def insert_scheduled(conn: Connection, made: Scheduled) -> None:
    """Write a new transfer for later."""
    await conn.execute(
        INSERT_SCHEDULED,
        made.id,
        made.owner_id,
        made.from_account,
        made.to_account,
        made.asset,
        made.amount_minor,
        made.memo,
        made.effective_at,
        made.state,
        made.created_at,
        made.changed_at,
        made.version,
        made.correlation_id,
    )


async def update_scheduled(conn: Connection, changed: Sequence[Scheduled]) -> None:
    """Write what became of transfers for later, after the transfers that carried them out."""
    await conn.executemany(
        UPDATE_SCHEDULED,
        [
            (
                after.id,
                after.state,
                after.transfer_id,
                after.problem,
                after.detail,
                after.changed_at,
                after.version,
            )
            for after in changed
        ],
    )
