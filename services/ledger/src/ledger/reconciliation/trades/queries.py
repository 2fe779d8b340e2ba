"""Statements of agreements between trades and escrows."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from chassis.database import Connection
from contracts.ledger import DifferenceKind
from ledger.reach import EVERYTHING, Reach
from ledger.reconciliation.trades.models import Agreement, Difference, Terms, Told

#: An older version than the one known tells nothing; ids in order, so that two batches never wait
#: for each other in a circle.
UPSERT_TRADES: Final = """
INSERT INTO trade_agreement AS a (
    trade_id, trade_version, trade_state, trade_terms, trade_fee_minor, heard_at, check_at
)
SELECT trade_id, version, state, terms::jsonb, fee_minor::numeric(38, 0), $6, $7
FROM unnest($1::uuid [], $2::integer [], $3::text [], $4::text [], $5::text [])
    AS t (trade_id, version, state, terms, fee_minor)
ORDER BY trade_id
ON CONFLICT (trade_id) DO UPDATE SET trade_version = excluded.trade_version,
    trade_state = excluded.trade_state, trade_terms = excluded.trade_terms,
    trade_fee_minor = excluded.trade_fee_minor, heard_at = excluded.heard_at,
    check_at = excluded.check_at
WHERE a.trade_version IS NULL OR a.trade_version < excluded.trade_version
"""
UPSERT_ESCROWS: Final = """
INSERT INTO trade_agreement AS a (
    trade_id, escrow_version, escrow_state, escrow_terms, escrow_fee_minor, heard_at, check_at
)
SELECT trade_id, version, state, terms::jsonb, fee_minor::numeric(38, 0), $6, $7
FROM unnest($1::uuid [], $2::integer [], $3::text [], $4::text [], $5::text [])
    AS t (trade_id, version, state, terms, fee_minor)
ORDER BY trade_id
ON CONFLICT (trade_id) DO UPDATE SET escrow_version = excluded.escrow_version,
    escrow_state = excluded.escrow_state, escrow_terms = excluded.escrow_terms,
    escrow_fee_minor = excluded.escrow_fee_minor, heard_at = excluded.heard_at,
    check_at = excluded.check_at
WHERE a.escrow_version IS NULL OR a.escrow_version < excluded.escrow_version
"""
TAKE_DUE: Final = """
SELECT trade_id, trade_version, trade_state, trade_terms, trade_fee_minor, escrow_version,
    escrow_state, escrow_terms, escrow_fee_minor, heard_at
FROM trade_agreement WHERE check_at <= $1 ORDER BY check_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""
UPDATE_CHECKED: Final = """
UPDATE trade_agreement AS a SET check_at = t.check_at
FROM unnest($1::uuid [], $2::timestamptz []) AS t (trade_id, check_at)
WHERE a.trade_id = t.trade_id
"""
SELECT_OPEN_OF: Final = """
SELECT trade_id, kind, detail, found_at, resolved_at FROM trade_difference
WHERE trade_id = ANY($1::uuid []) AND resolved_at IS NULL
"""
INSERT_DIFFERENCES: Final = """
INSERT INTO trade_difference (trade_id, kind, detail, found_at)
SELECT trade_id, kind, detail, $4
FROM unnest($1::uuid [], $2::text [], $3::text []) AS t (trade_id, kind, detail)
"""
#: A clock that was ahead when a difference was found, and is set back, keeps nobody from ending it.
RESOLVE_DIFFERENCES: Final = """
UPDATE trade_difference AS d SET resolved_at = greatest($3, d.found_at)
FROM unnest($1::uuid [], $2::text []) AS t (trade_id, kind)
WHERE d.trade_id = t.trade_id AND d.kind = t.kind AND d.resolved_at IS NULL
"""
#: A trade is in the community of who pays in it, whom both sides name first.
SELECT_DIFFERENCES: Final = """
SELECT d.trade_id, d.kind, d.detail, d.found_at, d.resolved_at FROM trade_difference AS d
INNER JOIN trade_agreement AS a ON a.trade_id = d.trade_id
WHERE ($1::text IS NULL OR EXISTS (
    SELECT FROM account AS p
    WHERE p.owner_id = (coalesce(a.trade_terms, a.escrow_terms) ->> 0)::uuid AND p.community = $1
)) AND ($2 OR d.resolved_at IS NULL) AND ($3::uuid IS NULL OR d.trade_id > $3)
ORDER BY d.trade_id, d.kind, d.found_at LIMIT $4
"""
COUNT_DIFFERENCES: Final = """
SELECT d.kind, count(*) AS open FROM trade_difference AS d
INNER JOIN trade_agreement AS a ON a.trade_id = d.trade_id
WHERE d.resolved_at IS NULL AND ($1::text IS NULL OR EXISTS (
    SELECT FROM account AS p
    WHERE p.owner_id = (coalesce(a.trade_terms, a.escrow_terms) ->> 0)::uuid AND p.community = $1
)) GROUP BY d.kind
"""
COUNT_AGREEMENTS: Final = """
SELECT count(*) AS known, count(a.check_at) AS waiting, min(a.check_at) AS oldest
FROM trade_agreement AS a WHERE ($1::text IS NULL OR EXISTS (
    SELECT FROM account AS p
    WHERE p.owner_id = (coalesce(a.trade_terms, a.escrow_terms) ->> 0)::uuid AND p.community = $1
))
"""

type Side = Literal["trade", "escrow"]


async def upsert_told(
    conn: Connection,
    side: Side,
    told: Sequence[Told[Any]],
    *,
    heard_at: datetime,
    check_at: datetime,
) -> None:
    """Write the newest that was told of some trades or escrows; one of each at most."""
    if not told:
        return
    await conn.execute(
        UPSERT_TRADES if side == "trade" else UPSERT_ESCROWS,
        [one.trade_id for one in told],
        [one.version for one in told],
        [one.state for one in told],
        [_write_terms(one.terms) for one in told],
        [None if one.fee_minor is None else str(one.fee_minor) for one in told],
        heard_at,
        check_at,
    )


def _write_terms(terms: Terms) -> str:
    return orjson.dumps(astuple(terms)).decode()


async def take_due(conn: Connection, now: datetime, limit: int) -> list[Agreement]:
    """Agreements that are due to be looked at; locked."""
    return [_read(row) for row in await conn.fetch(TAKE_DUE, now, limit)]


def _read(row: Any) -> Agreement:
    trade: Told[Any] | None = None
    escrow: Told[Any] | None = None
    if row["trade_version"] is not None:
        trade = Told(
            row["trade_id"],
            row["trade_version"],
            row["trade_state"],
            Terms(*row["trade_terms"]),
            row["trade_fee_minor"],
        )
    if row["escrow_version"] is not None:
        escrow = Told(
            row["trade_id"],
            row["escrow_version"],
            row["escrow_state"],
            Terms(*row["escrow_terms"]),
            row["escrow_fee_minor"],
        )
    return Agreement(row["trade_id"], trade, escrow, row["heard_at"])


async def update_checked(conn: Connection, checked: Sequence[tuple[UUID, datetime | None]]) -> None:
    """Write when each is to be looked at again; never, where all is well."""
    await conn.execute(
        UPDATE_CHECKED, [trade_id for trade_id, _ in checked], [at for _, at in checked]
    )


async def select_open_of(conn: Connection, trade_ids: Sequence[UUID]) -> list[Difference]:
    """The differences of some trades that last."""
    return [Difference(**dict(row)) for row in await conn.fetch(SELECT_OPEN_OF, trade_ids)]


async def insert_differences(conn: Connection, found: Sequence[Difference]) -> None:
    """Write new differences, found at one time."""
    if found:
        await conn.execute(
            INSERT_DIFFERENCES,
            [one.trade_id for one in found],
            [one.kind for one in found],
            [one.detail for one in found],
            found[0].found_at,
        )


async def resolve_differences(
    conn: Connection, resolved: Sequence[Difference], at: datetime
) -> None:
    """Write that differences are over."""
    if resolved:
        await conn.execute(
            RESOLVE_DIFFERENCES,
            [one.trade_id for one in resolved],
            [one.kind for one in resolved],
            at,
        )


async def select_differences(
    conn: Connection,
    *,
    reach: Reach = EVERYTHING,
    resolved: bool,
    after: UUID | None,
    limit: int,
) -> list[Difference]:
    """A page of differences within reach by trade: those that last, or all."""
    rows = await conn.fetch(SELECT_DIFFERENCES, reach.community, resolved, after, limit)
    return [Difference(**dict(row)) for row in rows]


async def count_differences(
    conn: Connection, reach: Reach = EVERYTHING
) -> dict[DifferenceKind, int]:
    """How many last, by kind."""
    rows = await conn.fetch(COUNT_DIFFERENCES, reach.community)
    return {row["kind"]: row["open"] for row in rows}


async def count_agreements(conn: Connection, reach: Reach = EVERYTHING) -> dict[str, Any]:
    """How many trades are known, how many wait to be looked at, and since when."""
    return dict(await conn.fetchrow(COUNT_AGREEMENTS, reach.community))
