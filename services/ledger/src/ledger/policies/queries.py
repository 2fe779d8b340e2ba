"""Statements of policies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.policies.models import Policy, Standing, Use
from ledger.reach import Reach

_POLICY: Final = """
SELECT id, owner_id, type, asset, policy_version, floor_minor, soft_floor_minor, ceiling_minor,
    velocity_seconds, velocity_minor, accepts_gifts, frozen, closed,
    coalesce(policy_changed_at, created_at), policy_changed_by, coalesce(policy_reason, 'opened')
FROM account
WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) AND ($3::text IS NULL OR community = $3)
"""
SELECT_POLICY: Final = _POLICY
#: As the journal locks: a change waits for transfers in progress, and they for it.
LOCK_POLICY: Final = f"{_POLICY} FOR NO KEY UPDATE"
SELECT_STANDING: Final = """
SELECT get_account_balance($1), get_account_held($1, 'infinity'), is_account_awaited($1)
"""
SELECT_USES: Final = """
SELECT w.seconds, w.most, get_account_outflow(
    a.id, $2::timestamptz - make_interval(secs => w.seconds), $2::timestamptz
)
FROM account AS a
CROSS JOIN LATERAL unnest(a.velocity_seconds, a.velocity_minor) AS w (seconds, most)
WHERE a.id = $1 ORDER BY w.seconds
"""
UPDATE_POLICY: Final = """
UPDATE account SET floor_minor = $2, soft_floor_minor = $3, ceiling_minor = $4,
    velocity_seconds = $5::integer [], velocity_minor = $6::text []::numeric(38, 0) [],
    accepts_gifts = $7, frozen = $8, closed = $9, policy_version = $10, policy_changed_at = $11,
    policy_changed_by = $12, policy_reason = $13
WHERE id = $1
"""
SELECT_CHANGES: Final = """
SELECT a.id, a.owner_id, a.type, a.asset, c.version, c.floor_minor, c.soft_floor_minor,
    c.ceiling_minor, c.velocity_seconds, c.velocity_minor, c.accepts_gifts, c.frozen, c.closed,
    c.changed_at, c.changed_by, c.reason
FROM account_policy_change AS c
INNER JOIN account AS a ON a.id = c.account_id
WHERE c.account_id = $1 AND c.version < $2
ORDER BY c.version DESC LIMIT $3
"""

#: Locked in the order of ids, as the journal locks.
SELECT_SPENDABLE: Final = """
SELECT id FROM account WHERE owner_id = $1 AND type IN ('MAIN', 'GIFT') AND NOT closed ORDER BY id
FOR NO KEY UPDATE
"""
SELECT_FROZEN_BY: Final = """
SELECT c.changed_by FROM account_policy_change AS c
WHERE c.account_id = $1 AND c.frozen AND NOT EXISTS (
    SELECT FROM account_policy_change AS p
    WHERE p.account_id = c.account_id AND p.version = c.version - 1 AND p.frozen
)
ORDER BY c.version DESC LIMIT 1
"""
#: Held until the transaction ends by who restricts a person, and by who opens an account of them.
LOCK_RESTRICTION: Final = """
SELECT pg_advisory_xact_lock(hashtextextended('restriction ' || $1::uuid::text, 0))
"""
PUT_RESTRICTION: Final = """
INSERT INTO restriction (user_id, restricted, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET restricted = $2, changed_at = $3
"""
IS_RESTRICTED: Final = """
SELECT EXISTS (SELECT FROM restriction WHERE user_id = $1 AND restricted)
"""


async def lock_restriction(conn: Connection, user_id: UUID) -> None:
    """Wait for who restricts this person, or opens an account of them, and have others wait."""
    await conn.execute(LOCK_RESTRICTION, user_id)


async def put_restriction(
    conn: Connection, user_id: UUID, now: datetime, *, restricted: bool
) -> None:
    """Write down how a person stands."""
    await conn.execute(PUT_RESTRICTION, user_id, restricted, now)


async def is_restricted(conn: Connection, user_id: UUID) -> bool:
    """Whether a person may spend nothing."""
    return bool(await conn.fetchval(IS_RESTRICTED, user_id))


async def select_spendable(conn: Connection, owner: UUID) -> list[UUID]:
    """Accounts that a person could spend from, locked."""
    return [row["id"] for row in await conn.fetch(SELECT_SPENDABLE, owner)]


async def select_frozen_by(conn: Connection, account_id: UUID) -> UUID | None:
    """Who froze an account last; a change while it was frozen does not count."""
    by: UUID | None = await conn.fetchval(SELECT_FROZEN_BY, account_id)
    return by


async def select_policy(conn: Connection, account_id: UUID, reach: Reach) -> Policy | None:
    """An account's policies, if it is within reach."""
    row = await conn.fetchrow(SELECT_POLICY, account_id, reach.owner, reach.community)
    return _policy(row) if row else None


async def lock_policy(conn: Connection, account_id: UUID, reach: Reach) -> Policy | None:
    """Lock an account within reach until the transaction ends, and read its policies."""
    row = await conn.fetchrow(LOCK_POLICY, account_id, reach.owner, reach.community)
    return _policy(row) if row else None


async def select_standing(conn: Connection, account_id: UUID) -> Standing:
    """What is in an account that is locked, and whether it is awaited."""
    balance, held, awaited = await conn.fetchrow(SELECT_STANDING, account_id)
    return Standing(int(balance), int(held), awaited)


async def select_uses(conn: Connection, account_id: UUID, at: datetime) -> list[Use]:
    """An account's velocities with what has gone out in each window up to a time."""
    return [Use(*row) for row in await conn.fetch(SELECT_USES, account_id, at)]


async def update_policy(conn: Connection, after: Policy) -> None:
    """Write the next version of an account's policies."""
    await conn.execute(
        UPDATE_POLICY,
        after.account_id,
        after.floor_minor,
        after.soft_floor_minor,
        after.ceiling_minor,
        [seconds for seconds, _ in after.velocity] or None,
        [str(limit) for _, limit in after.velocity] or None,
        after.accepts_gifts,
        after.frozen,
        after.closed,
        after.version,
        after.changed_at,
        after.changed_by,
        after.reason,
    )


async def select_changes(
    conn: Connection, account_id: UUID, before: int, limit: int
) -> Sequence[Policy]:
    """A page of an account's policies as they were, newest first."""
    return [_policy(row) for row in await conn.fetch(SELECT_CHANGES, account_id, before, limit)]


def _policy(row: Any) -> Policy:
    values = list(row)
    values[8:10] = [tuple(sorted(zip(row[8] or (), row[9] or (), strict=True)))]
    return Policy(*values)
