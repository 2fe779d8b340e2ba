"""Statements over accounts and their balances."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from contracts.ledger import AccountType
from ledger.accounts.models import Account, Balance, EntryLine, Newest, Times
from ledger.reach import Reach

INSERT_ACCOUNTS: Final = """
INSERT INTO account (id, owner_id, type, asset, community, floor_minor, name, created_at)
SELECT id, owner_id, type, asset, community, floor_minor::numeric(38, 0), name, $1
FROM unnest(
    $2::uuid [], $3::uuid [], $4::text [], $5::text [], $6::text [], $7::text [], $8::text []
) AS a (id, owner_id, type, asset, community, floor_minor, name)
ON CONFLICT DO NOTHING
RETURNING id, owner_id, type, asset, community, name
"""
SELECT_OF_PEOPLE: Final = """
SELECT id, owner_id, type, asset, community FROM account WHERE owner_id = ANY($1::uuid [])
"""
SELECT_OF_SYSTEM: Final = """
SELECT id, owner_id, type, asset, community, name FROM account
WHERE owner_id IS NULL AND community = $1 AND type = $2 AND asset = $3 AND name = $4
"""
SELECT_ACCOUNT: Final = """
SELECT id, owner_id, type, asset, community FROM account
WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) AND ($3::text IS NULL OR community = $3)
"""
SELECT_OWNERS: Final = """
SELECT DISTINCT owner_id FROM account WHERE id = ANY($1::uuid []) AND owner_id IS NOT NULL
"""
SELECT_ACCOUNTS: Final = """
SELECT id, owner_id, type, asset, community FROM account WHERE id = ANY($1::uuid [])
UNION
SELECT id, owner_id, type, asset, community FROM account
WHERE owner_id = ANY($2::uuid []) AND type = 'MAIN'
"""
SELECT_MAIN: Final = """
SELECT id, owner_id, type, asset, community FROM account
WHERE owner_id = $1 AND type = 'MAIN' AND asset = $2 AND ($3::uuid IS NULL OR owner_id = $3)
    AND ($4::text IS NULL OR community = $4)
"""
SELECT_BALANCE: Final = """
SELECT id, owner_id, type, asset, community, name, floor_minor, ceiling_minor, frozen, closed,
    created_at, version, balance_minor, held_minor, available_minor, moved_at
FROM account_balances
WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2) AND ($3::text IS NULL OR community = $3)
"""
SELECT_BALANCES: Final = """
SELECT id, owner_id, type, asset, community, name, floor_minor, ceiling_minor, frozen, closed,
    created_at, version, balance_minor, held_minor, available_minor, moved_at
FROM account_balances
WHERE ($1::uuid IS NULL OR owner_id = $1) AND ($2::text IS NULL OR type = $2)
    AND ($3::text IS NULL OR asset = $3) AND ($4::text IS NULL OR community = $4)
    AND ($5::text IS NULL OR community = $5) AND ($6::uuid IS NULL OR id > $6)
ORDER BY id LIMIT $7
"""
SELECT_NEWEST: Final = """
SELECT a.id, a.owner_id, a.community, a.asset, coalesce(e.balance_after_minor, 0)::text,
    coalesce(e.held_after_minor, 0)::text
FROM account AS a
LEFT JOIN LATERAL (
    SELECT n.balance_after_minor, n.held_after_minor FROM entry AS n
    WHERE n.account_id = a.id ORDER BY n.account_seq DESC LIMIT 1
) AS e ON true
WHERE a.id = ANY($1::uuid [])
"""
SELECT_BALANCE_AT: Final = """
SELECT get_account_balance($1, t.effective_at, t.known_at),
    get_account_held($1, t.effective_at, t.known_at)
FROM (VALUES (
    coalesce($2::timestamptz, 'infinity'), coalesce($3::timestamptz, 'infinity')
)) AS t (effective_at, known_at)
"""
#: Everything posted by both times, and what took effect by then but was posted later. The late
#: ones are found first, by themselves: sought in order, they would be sought all along the chain.
SELECT_ENTRIES: Final = """
WITH late AS MATERIALIZED (
    SELECT e.* FROM entry AS e
    WHERE e.account_id = $1 AND tstzrange(e.effective_at, e.posted_at) @> $4::timestamptz
        AND e.effective_at < e.posted_at AND e.posted_at <= coalesce($5::timestamptz, 'infinity')
), found AS (
    (
        SELECT e.* FROM entry AS e
        WHERE e.account_id = $1 AND e.account_seq < $2 AND e.account_seq <= coalesce((
            SELECT n.account_seq FROM entry AS n
            WHERE n.account_id = $1
                AND n.posted_at <= least($4::timestamptz, $5::timestamptz, 'infinity')
            ORDER BY n.posted_at DESC, n.account_seq DESC LIMIT 1
        ), 0)
        ORDER BY e.account_seq DESC LIMIT $3
    )
    UNION ALL
    SELECT e.* FROM late AS e WHERE e.account_seq < $2
)
SELECT e.account_seq, e.transfer_id, t.kind, e.asset, e.amount_minor, e.balance_after_minor,
    coalesce(e.held_minor, 0), e.held_after_minor, e.effective_at, e.posted_at, t.metadata
FROM found AS e
INNER JOIN transfer AS t ON t.id = e.transfer_id
ORDER BY e.account_seq DESC LIMIT $3
"""


async def insert_accounts(
    conn: Connection, accounts: Sequence[Account], floors: Sequence[int | None], at: datetime
) -> list[Account]:
    """Open those that are not there yet; returns them."""
    rows = await conn.fetch(
        INSERT_ACCOUNTS,
        at,
        [account.id for account in accounts],
        [account.owner_id for account in accounts],
        [account.type for account in accounts],
        [account.asset for account in accounts],
        [account.community for account in accounts],
        [None if floor is None else str(floor) for floor in floors],
        [account.name for account in accounts],
    )
    return [Account(*row) for row in rows]


async def select_owners(conn: Connection, accounts: Sequence[UUID]) -> list[UUID]:
    """Whose accounts these are."""
    return [row[0] for row in await conn.fetch(SELECT_OWNERS, accounts)]


async def select_of_people(conn: Connection, owners: Sequence[UUID]) -> list[Account]:
    """All accounts of some people."""
    return [Account(*row) for row in await conn.fetch(SELECT_OF_PEOPLE, owners)]


async def select_of_system(
    conn: Connection, community: str, account_type: AccountType, asset: str, name: str
) -> Account | None:
    """A community's system account."""
    row = await conn.fetchrow(SELECT_OF_SYSTEM, community, account_type, asset, name)
    return Account(*row) if row else None


async def select_account(conn: Connection, account_id: UUID, reach: Reach) -> Account | None:
    """An account, if it is within reach."""
    row = await conn.fetchrow(SELECT_ACCOUNT, account_id, reach.owner, reach.community)
    return Account(*row) if row else None


async def select_accounts(
    conn: Connection, ids: Sequence[UUID], mains_of: Sequence[UUID]
) -> list[Account]:
    """Several accounts, and main accounts of people; unknown ones are left out."""
    return [Account(*row) for row in await conn.fetch(SELECT_ACCOUNTS, ids, mains_of)]


async def select_main(conn: Connection, owner: UUID, asset: str, reach: Reach) -> Account | None:
    """A person's main account in an asset, if it is within reach."""
    row = await conn.fetchrow(SELECT_MAIN, owner, asset, reach.owner, reach.community)
    return Account(*row) if row else None


async def select_balance(conn: Connection, account_id: UUID, reach: Reach) -> Balance | None:
    """An account with its figures, if it is within reach."""
    row = await conn.fetchrow(SELECT_BALANCE, account_id, reach.owner, reach.community)
    return Balance(*row) if row else None


async def select_newest(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Newest]:
    """What accounts have now; unknown ones are left out."""
    return {
        row[0]: Newest(row[0], row[1], row[2], row[3], int(row[4]), int(row[5]))
        for row in await conn.fetch(SELECT_NEWEST, ids)
    }


async def select_balances(
    conn: Connection,
    *,
    reach: Reach,
    account_type: str | None,
    asset: str | None,
    community: str | None,
    after: UUID | None,
    limit: int,
) -> list[Balance]:
    """A page of accounts within reach with their figures, in id order."""
    rows = await conn.fetch(
        SELECT_BALANCES,
        reach.owner,
        account_type,
        asset,
        community,
        reach.community,
        after,
        limit,
    )
    return [Balance(*row) for row in rows]


async def select_balance_at(conn: Connection, account_id: UUID, at: Times) -> tuple[int, int]:
    """What an account had and what was held of it, in minor units."""
    row = await conn.fetchrow(SELECT_BALANCE_AT, account_id, at.effective_at, at.known_at)
    return int(row[0]), int(row[1])


async def select_entries(
    conn: Connection, account_id: UUID, at: Times, before_seq: int, limit: int
) -> list[EntryLine]:
    """A page of an account's entries, newest first."""
    rows = await conn.fetch(
        SELECT_ENTRIES, account_id, before_seq, limit, at.effective_at, at.known_at
    )
    return [EntryLine(*row) for row in rows]
