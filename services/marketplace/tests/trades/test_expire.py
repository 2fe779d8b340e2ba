"""A trade that stalls ends by itself, by the clock that the test moves."""

from datetime import timedelta
from typing import Any

import pytest

from marketplace.trades.move import DEADLINE


async def fire(market: Any, **delta: int) -> None:
    """Move the clock and let the timers fire."""
    market.clock.move(timedelta(**delta))
    await market.timers.fire_due()


async def test_an_offer_that_nobody_answers_expires(market: Any) -> None:
    """After three days, not before; a counter-offer begins the time anew."""
    seller, buyer, trade = await market.trade_in("offered")
    path = f"/trades/{trade['id']}"
    await fire(market, days=2)
    await seller.made(f"{path}/counter", {"amount": "80.00"})
    await fire(market, days=2)
    assert (await buyer.get(path)).json()["state"] == "offered"
    await fire(market, days=1, seconds=1)
    after = (await buyer.get(path)).json()
    assert (after["state"], after["expires_at"]) == ("expired", None)
    assert (await market.types(trade["id"]))[-1] == "TradeExpired"
    assert (await buyer.post(f"{path}/accept")).status_code == 409


@pytest.mark.parametrize("state", ["funded", "handed_over"])
async def test_a_stalled_trade_is_refunded_by_itself(market: Any, state: str) -> None:
    """Not handed over, or never confirmed: after a week the escrow goes back."""
    _, buyer, trade = await market.trade_in(state)
    await fire(market, days=6, hours=23)
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == state
    await fire(market, hours=2)
    assert (await market.types(trade["id"]))[-2:] == ["TradeExpired", "RefundEscrow"]
    refunding = (await buyer.get(f"/trades/{trade['id']}")).json()
    assert (refunding["state"], refunding["steps"][-1]["by"]) == ("refunding", None)
    await market.ledger_says("repay", trade)
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == "refunded"
    assert await market.stock(trade["item_id"]) == ("active", 1, 0, 0)


@pytest.mark.parametrize("state", ["accepted", "confirmed", "disputed", "refunding", "released"])
async def test_what_waits_for_others_never_expires(market: Any, state: str) -> None:
    """The ledger and operators may take their time: no timer is left behind."""
    _, buyer, trade = await market.trade_in(state)
    left = await market.database.pool.fetchval(
        "SELECT count(*) FROM timer WHERE key = $1", trade["id"]
    )
    await fire(market, days=30)
    assert left == 0
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == state


async def test_a_timer_that_should_be_gone_does_no_harm(market: Any) -> None:
    """One for a trade that moved on, and one whose deadline was put off."""
    _, buyer, trade = await market.trade_in("accepted")
    _, _, offered = await market.trade_in("offered")
    for key in (trade["id"], offered["id"]):
        await market.database.pool.execute(
            "INSERT INTO timer (kind, key, due_at) VALUES ($1, $2, $3) "
            "ON CONFLICT (kind, key) DO UPDATE SET due_at = $3",
            DEADLINE,
            key,
            market.clock.now() - timedelta(days=1),
        )
    await fire(market, seconds=1)
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == "accepted"
    due = await market.database.pool.fetchval(
        "SELECT due_at FROM timer WHERE key = $1", offered["id"]
    )
    assert due.isoformat() == offered["expires_at"].replace("Z", "+00:00")


async def test_a_timer_gives_way_to_who_has_the_trade_locked(market: Any) -> None:
    """Waiting for the lock could deadlock with a step that sets the timer: it looks again."""
    _, buyer, trade = await market.trade_in("offered")
    market.clock.move(timedelta(days=4))
    async with market.database.transaction() as conn:
        await conn.fetch("SELECT FROM trade WHERE id = $1 FOR UPDATE", trade["id"])
        await market.timers.fire_due()
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == "offered"
    await fire(market, seconds=2)
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == "expired"
