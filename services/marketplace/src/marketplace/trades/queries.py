"""Statements of trades."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.trades.models import CodeStanding, Given, TakenStep, Trade

INSERT_TRADE: Final = """
INSERT INTO trade (
    id, version, state, community, item_id, item_title, buyer_id, seller_id, quantity,
    amount_minor, asset, offered_by_id, message, expires_at, created_at, kind, gift_minor, given,
    changed_at
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $15
)
"""
UPDATE_TRADE: Final = """
UPDATE trade SET
    version = $2, state = $3, amount_minor = $4, offered_by_id = $5, reason = $6,
    refusal_detail = $7, fee_minor = $8, expires_at = $9, changed_at = $10, refund_minor = $11,
    proven_at = $12, seller_gave_at = $13, buyer_gave_at = $14, seller_got_at = $15,
    buyer_got_at = $16
WHERE id = $1
"""
INSERT_STEP: Final = """
INSERT INTO trade_step (
    trade_id, version, action, from_state, to_state, by_id, amount_minor, reason, taken_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
LOCK_OF_PARTY: Final = """
SELECT * FROM trade
WHERE id = $1 AND community = $2 AND $3::uuid IN (buyer_id, seller_id)
FOR UPDATE
"""
LOCK_IN_COMMUNITY: Final = "SELECT * FROM trade WHERE id = $1 AND community = $2 FOR UPDATE"
LOCK_TRADE: Final = "SELECT * FROM trade WHERE id = $1 FOR UPDATE"
LOCK_IF_FREE: Final = "SELECT * FROM trade WHERE id = $1 FOR UPDATE SKIP LOCKED"
LOCK_MANY: Final = """
SELECT item_id, given FROM trade WHERE id = ANY($1::uuid []) ORDER BY id FOR UPDATE
"""
SELECT_SEEN: Final = """
SELECT trade.*, buyer.display_name AS buyer_name, seller.display_name AS seller_name
FROM trade
LEFT JOIN member AS buyer ON trade.buyer_id = buyer.user_id
LEFT JOIN member AS seller ON trade.seller_id = seller.user_id
WHERE trade.id = $1 AND trade.community = $2
    AND ($3::uuid IN (trade.buyer_id, trade.seller_id) OR $4)
"""
SELECT_STEPS: Final = """
SELECT version, action, from_state, to_state, by_id, amount_minor, reason, taken_at
FROM trade_step WHERE trade_id = $1 ORDER BY version LIMIT 500
"""
SELECT_STANDING: Final = """
SELECT CASE attempts_left WHEN 0 THEN 'locked' ELSE 'needed' END
FROM trade_code WHERE trade_id = $1 AND state = 'open'
"""
SELECT_OWN_PAGE: Final = """
SELECT trade.*, buyer.display_name AS buyer_name, seller.display_name AS seller_name
FROM trade
LEFT JOIN member AS buyer ON trade.buyer_id = buyer.user_id
LEFT JOIN member AS seller ON trade.seller_id = seller.user_id
WHERE (
        (trade.buyer_id = $1 AND $2::text IS DISTINCT FROM 'seller')
        OR (trade.seller_id = $1 AND $2::text IS DISTINCT FROM 'buyer')
    )
    AND ($3::text IS NULL OR trade.state = $3)
    AND ($4::uuid IS NULL OR trade.id < $4)
ORDER BY trade.id DESC LIMIT $5
"""
SELECT_STUCK: Final = """
SELECT trade.*, buyer.display_name AS buyer_name, seller.display_name AS seller_name
FROM trade
LEFT JOIN member AS buyer ON trade.buyer_id = buyer.user_id
LEFT JOIN member AS seller ON trade.seller_id = seller.user_id
WHERE trade.community = $1 AND trade.state IN ('accepted', 'confirmed', 'refunding')
    AND trade.changed_at < $2
    AND ($3::uuid IS NULL OR trade.id < $3)
ORDER BY trade.id DESC LIMIT $4
"""
SELECT_SAGAS: Final = """
SELECT id, state, community, amount_minor, asset, changed_at, expires_at, version
FROM trade
WHERE state IN ('accepted', 'funded', 'handed_over', 'confirmed', 'disputed', 'refunding')
    AND ($1::timestamptz IS NULL OR (
        state IN ('accepted', 'confirmed', 'refunding') AND changed_at < $1
    ))
ORDER BY changed_at LIMIT $2
"""

_FIELDS: Final = tuple(field.name for field in fields(Trade))


def _trade(row: Any) -> Trade:
    return Trade(**{name: row[name] for name in _FIELDS} | {"given": _given(row["given"])})


def _given(pieces: Sequence[Mapping[str, Any]]) -> tuple[Given, ...]:
    return tuple(Given(UUID(one["item_id"]), one["title"], one["quantity"]) for one in pieces)


async def insert_trade(conn: Connection, trade: Trade) -> None:
    """Write a new trade."""
    await conn.execute(
        INSERT_TRADE,
        trade.id,
        trade.version,
        trade.state,
        trade.community,
        trade.item_id,
        trade.item_title,
        trade.buyer_id,
        trade.seller_id,
        trade.quantity,
        trade.amount_minor,
        trade.asset,
        trade.offered_by_id,
        trade.message,
        trade.expires_at,
        trade.created_at,
        trade.kind,
        trade.gift_minor,
        [
            {"item_id": str(one.item_id), "title": one.title, "quantity": one.quantity}
            for one in trade.given
        ],
    )


async def update_trade(conn: Connection, trade: Trade) -> None:
    """Write what a step may change."""
    await conn.execute(
        UPDATE_TRADE,
        trade.id,
        trade.version,
        trade.state,
        trade.amount_minor,
        trade.offered_by_id,
        trade.reason,
        trade.refusal_detail,
        trade.fee_minor,
        trade.expires_at,
        trade.changed_at,
        trade.refund_minor,
        trade.proven_at,
        trade.seller_gave_at,
        trade.buyer_gave_at,
        trade.seller_got_at,
        trade.buyer_got_at,
    )


async def insert_step(conn: Connection, trade_id: UUID, step: TakenStep) -> None:
    """Write a line of a trade's history."""
    await conn.execute(
        INSERT_STEP,
        trade_id,
        step.version,
        step.action,
        step.from_state,
        step.to_state,
        step.by_id,
        step.amount_minor,
        step.reason,
        step.taken_at,
    )


async def lock_of_party(
    conn: Connection, trade_id: UUID, community: str, party_id: UUID
) -> Trade | None:
    """A trade in which the person has a part, locked."""
    row = await conn.fetchrow(LOCK_OF_PARTY, trade_id, community, party_id)
    return _trade(row) if row else None


async def lock_in_community(conn: Connection, trade_id: UUID, community: str) -> Trade | None:
    """A trade of the community, locked."""
    row = await conn.fetchrow(LOCK_IN_COMMUNITY, trade_id, community)
    return _trade(row) if row else None


async def lock_trade(conn: Connection, trade_id: UUID) -> Trade | None:
    """A trade, locked."""
    row = await conn.fetchrow(LOCK_TRADE, trade_id)
    return _trade(row) if row else None


async def lock_if_free(conn: Connection, trade_id: UUID) -> Trade | None:
    """A trade, locked, unless someone else has it locked."""
    row = await conn.fetchrow(LOCK_IF_FREE, trade_id)
    return _trade(row) if row else None


async def lock_many(conn: Connection, trade_ids: Sequence[UUID]) -> set[UUID]:
    """Lock trades in the order of their ids; returns the items they are about or give."""
    rows = await conn.fetch(LOCK_MANY, list(trade_ids))
    given = (one.item_id for row in rows for one in _given(row["given"]))
    return {*(row["item_id"] for row in rows), *given}


async def select_sagas(
    conn: Connection, stuck_since: datetime | None, limit: int
) -> list[dict[str, Any]]:
    """Trades under way, the longest unmoved first; with a time, those the ledger owes an answer."""
    return [dict(row) for row in await conn.fetch(SELECT_SAGAS, stuck_since, limit)]


type Seen = tuple[Trade, str | None, str | None]


def _seen(row: Any) -> Seen:
    return _trade(row), row["buyer_name"], row["seller_name"]


async def select_seen(
    conn: Connection, trade_id: UUID, community: str, viewer_id: UUID, *, sees_all: bool
) -> Seen | None:
    """A trade with the parties' names, if the viewer may see it."""
    row = await conn.fetchrow(SELECT_SEEN, trade_id, community, viewer_id, sees_all)
    return _seen(row) if row else None


async def select_steps(conn: Connection, trade_id: UUID) -> list[TakenStep]:
    """A trade's history, oldest first."""
    return [TakenStep(**dict(row)) for row in await conn.fetch(SELECT_STEPS, trade_id)]


async def select_standing(conn: Connection, trade_id: UUID) -> CodeStanding | None:
    """Whether the hand-over needs a code, and whether it can be entered."""
    found: CodeStanding | None = await conn.fetchval(SELECT_STANDING, trade_id)
    return found


async def select_own_page(
    conn: Connection,
    party_id: UUID,
    role: str | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[Seen]:
    """A person's trades, newest first."""
    return [
        _seen(row) for row in await conn.fetch(SELECT_OWN_PAGE, party_id, role, state, after, limit)
    ]


async def select_stuck(
    conn: Connection, community: str, before: datetime, after: UUID | None, limit: int
) -> list[Seen]:
    """Trades that have waited for the ledger since before a time, newest first."""
    return [_seen(row) for row in await conn.fetch(SELECT_STUCK, community, before, after, limit)]
