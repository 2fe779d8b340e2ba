"""The database holds the rules against the service's own role, whatever its code does."""

from typing import Any

import asyncpg
import pytest


async def attempt(market: Any, statement: str, *values: object) -> str:
    """The name of the constraint that refuses a statement; empty when it is let through."""
    try:
        async with market.database.transaction() as conn:
            await conn.execute(statement, *values)
    except asyncpg.InsufficientPrivilegeError:
        return "no privilege"
    except asyncpg.IntegrityConstraintViolationError as error:
        return str(error.constraint_name)
    return ""


@pytest.mark.parametrize(
    ("state", "change", "constraint"),
    [
        ("offered", "state = 'funded'", "trade_move_legal"),
        ("offered", "state = 'released', fee_minor = 0", "trade_move_legal"),
        ("accepted", "state = 'handed_over'", "trade_move_legal"),
        ("funded", "state = 'released', fee_minor = 0", "trade_move_legal"),
        ("disputed", "state = 'released', fee_minor = 0", "trade_move_legal"),
        ("released", "state = 'refunding', fee_minor = NULL", "trade_move_legal"),
        ("accepted", "state = 'funded', amount_minor = 1", "trade_price_agreed"),
        ("offered", "amount_minor = 0", "trade_amount_positive"),
        ("confirmed", "state = 'released'", "trade_fee_known_when_released"),
        ("confirmed", "state = 'released', fee_minor = 999999", "trade_fee_in_range"),
        ("offered", "state = 'accepted'", "item_stock_agrees"),
        ("refunding", "state = 'refunded'", "item_stock_agrees"),
        ("confirmed", "state = 'released', fee_minor = 1", "item_stock_agrees"),
    ],
)
async def test_a_trade_can_not_be_moved_against_the_rules(
    market: Any, state: str, change: str, constraint: str
) -> None:
    """Illegal moves, changed prices, and states that the stock does not know of."""
    _, _, trade = await market.trade_in(state)
    statement = f"UPDATE trade SET version = version + 1, {change} WHERE id = $1"
    assert await attempt(market, statement, trade["id"]) == constraint


async def test_versions_have_no_gaps(market: Any) -> None:
    """Neither a step without a version nor one that skips."""
    _, _, trade = await market.trade_in("offered")
    for change in ("version = version", "version = version + 2"):
        statement = f"UPDATE trade SET {change} WHERE id = $1"
        assert await attempt(market, statement, trade["id"]) == "trade_version_follows"
    item = trade["item_id"]
    statement = "UPDATE item SET title = 'x' WHERE id = $1"
    assert await attempt(market, statement, item) == "item_version_follows"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("reserved = 2, status = 'withdrawn'", "item_stock_not_oversold"),
        ("sold = 1, status = 'sold'", "item_stock_agrees"),
        ("reserved = 1, status = 'reserved'", "item_stock_agrees"),
        ("reserved = 1", "item_status_fits_stock"),
        ("status = 'sold'", "item_status_fits_stock"),
        ("status = 'draft'", "item_move_legal"),
        ("price_minor = NULL", "item_price_fits_pricing"),
        ("price_minor = -1", "item_price_positive"),
    ],
)
async def test_an_item_can_not_be_changed_against_the_rules(
    market: Any, change: str, constraint: str
) -> None:
    """Stock that no trade holds, statuses that the stock contradicts, prices that are none."""
    item = await market.sell(market.member())
    statement = f"UPDATE item SET version = version + 1, {change} WHERE id = $1"
    assert await attempt(market, statement, item["id"]) == constraint


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM trade",
        "DELETE FROM item",
        "DELETE FROM trade_step",
        "UPDATE trade_step SET reason = 'x'",
        "UPDATE trade SET buyer_id = seller_id",
        "UPDATE trade SET asset = 'USD'",
        "UPDATE item SET seller_id = gen_random_uuid()",
        "INSERT INTO trade_move VALUES ('offered', 'released')",
        "INSERT INTO item_move VALUES ('sold', 'draft')",
        "ALTER TABLE trade DISABLE TRIGGER ALL",
        "TRUNCATE trade",
        "DROP TABLE trade_step",
    ],
)
async def test_the_service_may_do_only_what_it_needs(market: Any, statement: str) -> None:
    """History, parties, prices' asset and the rules themselves are out of its reach."""
    assert await attempt(market, statement) == "no privilege"


async def test_a_trade_begins_as_the_buyers_offer(market: Any) -> None:
    """No trade is born agreed."""
    _, _, trade = await market.trade_in("offered")
    statement = """
        INSERT INTO trade (id, version, state, community, item_id, item_title, buyer_id, seller_id,
            quantity, amount_minor, asset, offered_by_id, created_at, changed_at)
        SELECT gen_random_uuid(), 1, $2, community, item_id, item_title, buyer_id, seller_id,
            quantity, amount_minor, asset, offered_by_id, created_at, changed_at
        FROM trade WHERE id = $1"""
    assert await attempt(market, statement, trade["id"], "funded") == "trade_beginning"
    assert await attempt(market, statement, trade["id"], "offered") == ""
