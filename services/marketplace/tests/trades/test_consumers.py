"""What trades hear: repeats, odd orders and strangers change nothing that they should not."""

import asyncio
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from chassis.ids import new_id
from services.marketplace.tests.conftest import escrow_event

PATH = "/trades/{id}"


async def state_of(market: Any, trade: dict[str, Any]) -> str:
    """A trade's state, read from the table."""
    state: str = await market.database.pool.fetchval(
        "SELECT state FROM trade WHERE id = $1", trade["id"]
    )
    return state


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        ("accepted", "fund", "funded"),
        ("accepted", "refuse", "cancelled"),
        ("confirmed", "pay", "released"),
        ("refunding", "repay", "refunded"),
        ("refunding", "refuse", "cancelled"),
        ("refunding", "fund", "refunding"),
        ("offered", "fund", "offered"),
        ("accepted", "pay", "accepted"),
        ("funded", "refuse", "funded"),
        ("funded", "pay", "funded"),
        ("disputed", "pay", "disputed"),
        ("released", "repay", "released"),
    ],
)
async def test_the_state_guards_what_an_event_may_do(
    market: Any, before: str, kind: str, after: str
) -> None:
    """Twice as two events, and once more as a repeat of the second: one step, said once."""
    _, _, trade = await market.trade_in(before)
    said = len(await market.types(trade["id"]))
    event_id = new_id()
    told = {"offered": 0, "accepted": 0, "released": 2}.get(before, 1)
    for version, identity in ((told + 1, new_id()), (told + 2, event_id), (told + 2, event_id)):
        event = escrow_event(kind, trade, version=version)
        await market.hear("marketplace.trades", event, event_id=identity)
    assert await state_of(market, trade) == after
    assert len(await market.types(trade["id"])) == said + (before != after)


async def test_a_repeat_is_kept_out_by_the_inbox_itself(market: Any) -> None:
    """With the state put back, the same event still does nothing: the inbox knows it."""
    _, buyer, trade = await market.trade_in("accepted")
    event_id = new_id()
    await market.hear("marketplace.trades", escrow_event("fund", trade), event_id=event_id)
    await buyer.made(f"/trades/{trade['id']}/cancel")
    seen = await market.database.pool.fetchval(
        "SELECT count(*) FROM inbox WHERE consumer = 'marketplace.trades' AND event_id = $1",
        event_id,
    )
    said = await market.said(trade["id"])
    await market.hear("marketplace.trades", escrow_event("fund", trade), event_id=event_id)
    assert seen == 1
    assert await market.said(trade["id"]) == said


@pytest.mark.parametrize("order", list(permutations(["fund", "repay", "fund"])))
async def test_a_trade_cancelled_early_ends_refunded_in_any_order(
    market: Any, order: tuple[str, ...]
) -> None:
    """Cancelled while the escrow was being funded: late and doubled answers lead to one end."""
    _, buyer, trade = await market.trade_in("accepted")
    await buyer.made(f"/trades/{trade['id']}/cancel")
    await market.hear("marketplace.trades", *(escrow_event(kind, trade) for kind in order))
    assert await state_of(market, trade) == "refunded"
    assert await market.stock(trade["item_id"]) == ("active", 1, 0, 0)


async def test_a_refusal_and_its_empty_refund_end_cancelled(market: Any) -> None:
    """Cancelled early, then refused: nothing had been set aside, and the refund says nothing."""
    _, buyer, trade = await market.trade_in("accepted")
    await buyer.made(f"/trades/{trade['id']}/cancel")
    events = [escrow_event("refuse", trade), escrow_event("repay", trade)]
    await market.hear("marketplace.trades", *events)
    assert await state_of(market, trade) == "cancelled"
    assert await market.stock(trade["item_id"]) == ("active", 1, 0, 0)


async def test_an_escrow_of_others_is_passed_over(market: Any) -> None:
    """Escrows are not the marketplace's alone."""
    _, _, trade = await market.trade_in("accepted")
    await market.ledger_says("fund", {**trade, "id": str(uuid4())})
    assert await state_of(market, trade) == "accepted"


async def test_an_escrow_about_other_money_is_a_defect_that_harms_no_neighbour(
    market: Any,
) -> None:
    """It goes to the dead letters; the good event in the same batch is done."""
    _, _, wrong = await market.trade_in("accepted")
    _, _, right = await market.trade_in("accepted")
    await market.hear(
        "marketplace.trades",
        escrow_event("fund", wrong, amount_minor=1),
        escrow_event("fund", right),
    )
    assert [await state_of(market, trade) for trade in (wrong, right)] == ["accepted", "funded"]
    dead = await market.database.pool.fetchval(
        "SELECT reason FROM dead_letter WHERE key = $1", wrong["id"]
    )
    assert "does not agree" in dead


async def test_batches_and_people_at_once_do_not_lock_each_other_out(market: Any) -> None:
    """Trades of the same items in opposite orders, while buyers confirm: all get through."""
    seller = market.member()
    items = [await market.sell(seller, quantity=50) for _ in range(2)]
    trades = []
    for number in range(12):
        buyer = market.member()
        offer = {"item_id": items[number % 2]["id"], "amount": "1.00", "asset": "LXC"}
        trade = await buyer.made("/trades", offer)
        await seller.made(f"/trades/{trade['id']}/accept")
        trades.append((buyer, trade))
    events = [escrow_event("refuse", trade) for _, trade in trades]
    await asyncio.gather(
        market.hear("marketplace.trades", *events),
        market.hear("marketplace.trades", *reversed(events)),
        *(buyer.post(f"/trades/{trade['id']}/cancel") for buyer, trade in trades),
    )
    assert {await state_of(market, trade) for _, trade in trades} <= {"cancelled", "refunding"}
    for item in items:
        _, _, reserved, _ = await market.stock(item["id"])
        waiting = [t for _, t in trades if t["item_id"] == item["id"]]
        assert reserved == sum([await state_of(market, t) == "refunding" for t in waiting])


async def test_a_batch_takes_no_item_before_it_has_all_its_trades(market: Any) -> None:
    """Someone who has one of the trades can always go on to the item: no circle of waits."""
    seller = market.member()
    item = await market.sell(seller, quantity=2)
    offer = {"item_id": item["id"], "amount": "1.00", "asset": "LXC"}
    trades = [await market.member().made("/trades", offer) for _ in range(2)]
    for trade in trades:
        await seller.made(f"/trades/{trade['id']}/accept")
    events = [escrow_event("refuse", trade) for trade in trades]
    async with market.database.transaction() as conn:
        await conn.fetch("SELECT FROM trade WHERE id = $1 FOR UPDATE", trades[1]["id"])
        batch = asyncio.create_task(market.hear("marketplace.trades", *events))
        await asyncio.sleep(0.3)
        assert not batch.done()
        await conn.fetch("SELECT FROM item WHERE id = $1 FOR UPDATE NOWAIT", item["id"])
    await batch
    assert await market.stock(item["id"]) == ("active", 2, 0, 0)
