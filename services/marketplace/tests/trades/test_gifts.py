"""Trades without a price, and trades that gift credits pay."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from services.marketplace.tests.conftest import Market, Member

GIFT = {"pricing": "gift", "price": None, "asset": None}


async def gift(market: Market, state: str = "offered") -> tuple[Member, Member, dict[str, Any]]:
    """Giver, receiver, and the gift that was asked for, accepted unless it stays an offer."""
    giver, receiver = market.member(), market.member()
    item = await market.sell(giver, **GIFT)
    trade = await receiver.made("/trades", {"item_id": item["id"], "message": "For my niece?"})
    if state == "funded":
        trade = await giver.made(f"/trades/{trade['id']}/accept")
    return giver, receiver, trade


async def test_the_way_of_a_gift(market: Any) -> None:
    """No escrow: accepted, handed over by the code, confirmed, rated; the piece is gone."""
    giver, receiver, trade = await gift(market)
    path = f"/trades/{trade['id']}"
    assert (trade["kind"], trade["amount"]) == ("gift", "0.00")
    trade = await giver.made(f"{path}/accept")
    assert (trade["state"], trade["awaits"]) == ("funded", "seller")
    code = (await receiver.made(f"{path}/code"))["code"]
    trade = await giver.made(f"{path}/hand-over", {"code": code})
    assert (trade["proven"], trade["when_due"]) == (True, "releases")
    trade = await receiver.made(f"{path}/confirm")
    assert (trade["state"], trade["fee"]) == ("released", "0.00")
    assert await market.stock(trade["item_id"]) == ("sold", 1, 0, 1)
    assert await market.types(trade["id"]) == [
        "TradeOffered", "TradeAccepted", "TradeFunded", "TradeHandedOver", "TradeConfirmed",
        "TradeReleased",
    ]  # fmt: skip
    rated = await receiver.post(f"{path}/ratings", {"stars": 5})
    assert rated.status_code == 201


@pytest.mark.parametrize("how", ["cancel", "time"])
async def test_a_gift_that_is_not_fetched_is_free_again(market: Any, how: str) -> None:
    """Called off, or nobody came in time: nothing is asked of the ledger."""
    _, receiver, trade = await gift(market, "funded")
    if how == "cancel":
        await receiver.made(f"/trades/{trade['id']}/cancel")
    else:
        market.clock.move(timedelta(days=30))
        await market.timers.fire_due()
    assert (await receiver.get(f"/trades/{trade['id']}")).json()["state"] == "refunded"
    assert await market.stock(trade["item_id"]) == ("active", 1, 0, 0)
    assert not {"FundEscrow", "RefundEscrow"} & set(await market.types(trade["id"]))


async def test_a_gift_has_no_price_to_talk_about(market: Any) -> None:
    """Neither in the offer, nor in answer to it, nor in parts."""
    giver, receiver, trade = await gift(market)
    path = f"/trades/{trade['id']}"
    assert (await giver.post(f"{path}/counter", {"amount": "1.00"})).status_code == 409
    body = {"item_id": trade["item_id"], "amount": "1.00", "asset": "LXC"}
    assert (await receiver.post("/trades", body)).status_code == 409
    trade = await giver.made(f"{path}/accept")
    assert (await giver.post(f"{path}/partial-refund", {"amount": "0.01"})).status_code == 409
    assert "refund-part" not in (await giver.get(path)).json()["actions"]


@pytest.mark.parametrize(
    ("change", "field"), [({"amount": "1.00"}, "asset"), ({"asset": "LXC"}, "amount")]
)
async def test_a_sale_needs_its_price(market: Any, change: dict[str, str], field: str) -> None:
    """The field that is missing is named."""
    item = await market.sell(market.member())
    answer = await market.member().post("/trades", {"item_id": item["id"], **change})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def paid_by_gifts(market: Market, gift_amount: str) -> tuple[Member, Member, dict[str, Any]]:
    """Seller, buyer, and an offer of 60.00 of which some are gift credits."""
    seller, buyer = market.member(), market.member()
    item = await market.sell(seller, accepts_gift_credits=True)
    body = {"item_id": item["id"], "amount": "60.00", "asset": "LXC", "gift_amount": gift_amount}
    return seller, buyer, await buyer.made("/trades", body)


async def test_gift_credits_pay_as_much_as_was_offered(market: Any) -> None:
    """The ledger is told how much of the price; when the price falls below it, all of it."""
    seller, buyer, trade = await paid_by_gifts(market, "40.00")
    path = f"/trades/{trade['id']}"
    assert trade["gift_amount"] == "40.00"
    trade = await seller.made(f"{path}/counter", {"amount": "30.00"})
    assert trade["gift_amount"] == "30.00"
    trade = await buyer.made(f"{path}/counter", {"amount": "50.00"})
    trade = await seller.made(f"{path}/accept")
    asked = dict(await market.said(trade["id"]))["FundEscrowWithGifts"]
    assert (asked["amount_minor"], asked["gift_minor"]) == ("5000", "4000")
    await market.ledger_says("fund", trade, gift_minor=4_000)
    assert (await buyer.get(path)).json()["state"] == "funded"


async def test_an_escrow_of_other_gifts_is_a_defect(market: Any) -> None:
    """The trade does not go on as if it had been paid as agreed."""
    seller, buyer, trade = await paid_by_gifts(market, "40.00")
    await seller.made(f"/trades/{trade['id']}/accept")
    await market.ledger_says("fund", trade, gift_minor=0)
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == "accepted"


@pytest.mark.parametrize(
    ("amount", "status"), [("60.01", 422), ("0.001", 422), ("-1", 422), ("60.00", 201), ("0", 201)]
)
async def test_gift_credits_are_within_the_price(market: Any, amount: str, status: int) -> None:
    """More than the price is refused and named."""
    item = await market.sell(market.member(), accepts_gift_credits=True)
    body = {"item_id": item["id"], "amount": "60.00", "asset": "LXC", "gift_amount": amount}
    answer = await market.member().post("/trades", body)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "gift_amount"


async def test_gift_credits_are_spent_where_they_are_taken(market: Any) -> None:
    """The item takes none: refused at the offer, and at the acceptance if it was changed since."""
    item = await market.sell(market.member())
    body = {"item_id": item["id"], "amount": "60.00", "asset": "LXC", "gift_amount": "1.00"}
    refused = await market.member().post("/trades", body)
    assert (refused.status_code, refused.json()["title"]) == (409, "The item takes no gift credits")
    seller, _, trade = await paid_by_gifts(market, "1.00")
    changed = await seller.patch(f"/items/{trade['item_id']}", {"accepts_gift_credits": False})
    assert changed.status_code == 200
    refused = await seller.post(f"/trades/{trade['id']}/accept")
    assert (refused.status_code, refused.json()["title"]) == (409, "The item takes no gift credits")
    assert await market.stock(trade["item_id"]) == ("active", 1, 0, 0)


async def test_the_database_holds_where_gift_credits_are_spent(market: Any) -> None:
    """Not beyond the price, not changed later, and not accepted where they are not taken."""
    seller, _, trade = await paid_by_gifts(market, "1.00")
    pool = market.database.pool
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE trade SET gift_minor = 2 WHERE id = $1", trade["id"])
    copy = "INSERT INTO trade SELECT (jsonb_populate_record(t, $2)).* FROM trade AS t WHERE id = $1"
    new = {"id": "01936d00-0000-7000-8000-00000000000a"}
    for minor, rule in ((6_001, "trade_gift_within_price"), (-1, "trade_gift_not_negative")):
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await pool.execute(copy, trade["id"], {**new, "gift_minor": minor})
        assert refused.value.constraint_name == rule
    await seller.patch(f"/items/{trade['item_id']}", {"accepts_gift_credits": False})
    with pytest.raises(asyncpg.CheckViolationError, match="takes no gift credits"):
        await pool.execute(copy, trade["id"], new)
    with pytest.raises(asyncpg.CheckViolationError, match="takes no gift credits"):
        await pool.execute(
            "UPDATE trade SET version = 2, state = 'accepted' WHERE id = $1", trade["id"]
        )
