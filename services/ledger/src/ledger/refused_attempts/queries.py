"""Statements over refused attempts."""

from typing import Final

from chassis.database import Connection
from ledger.refused_attempts.models import Filters, RefusedAttempt

#: Ids are given in the order of time, but for what clocks and long transactions differ, which is
#: less than an hour: what lies an hour beyond a time bounds the ids, and the times decide.
_ATTEMPTS: Final = """
SELECT id, attempted_at, transfer_id, kind, initiated_by, account_id, asset, rule, limit_minor,
    beyond_minor, detail, correlation_id
FROM refused_attempt
WHERE {first} AND ($1::uuid IS NULL OR account_id = $1)
    AND ($2::uuid IS NULL OR initiated_by = $2) AND ($3::text IS NULL OR rule = $3)
    AND id < least($4::bigint, (
        SELECT n.id FROM refused_attempt AS n
        WHERE n.attempted_at >= $7::timestamptz + interval '1 hour'
        ORDER BY n.attempted_at, n.id LIMIT 1
    ))
    AND id > coalesce((
        SELECT n.id FROM refused_attempt AS n
        WHERE n.attempted_at < $6::timestamptz - interval '1 hour'
        ORDER BY n.attempted_at DESC, n.id DESC LIMIT 1
    ), 0)
    AND attempted_at >= coalesce($6::timestamptz, '-infinity')
    AND attempted_at < coalesce($7::timestamptz, 'infinity')
    AND ($8::text IS NULL OR EXISTS (
        SELECT FROM account AS a WHERE a.id = account_id AND a.community = $8
    ) OR account_id IS NULL AND EXISTS (
        SELECT FROM account AS a WHERE a.owner_id = initiated_by AND a.community = $8
    ))
ORDER BY id DESC LIMIT $5
"""
#: One a filter, said outright: whatever the driver's plan, it descends that filter's index.
SELECT_OF_ACCOUNT: Final = _ATTEMPTS.format(first="account_id = $1")
SELECT_OF_USER: Final = _ATTEMPTS.format(first="initiated_by = $2")
SELECT_OF_RULE: Final = _ATTEMPTS.format(first="rule = $3")
SELECT_ANY: Final = _ATTEMPTS.format(first="true")


async def select_attempts(
    conn: Connection, filters: Filters, before: int, limit: int
) -> list[RefusedAttempt]:
    """A page of attempts, newest first."""
    if filters.account_id:
        statement = SELECT_OF_ACCOUNT
    elif filters.user_id:
        statement = SELECT_OF_USER
    else:
        statement = SELECT_OF_RULE if filters.rule else SELECT_ANY
    rows = await conn.fetch(
        statement,
        filters.account_id,
        filters.user_id,
        filters.rule,
        before,
        limit,
        filters.since,
        filters.until,
        filters.community,
    )
    return [RefusedAttempt(*row) for row in rows]
