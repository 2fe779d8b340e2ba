"""What a disputed or flawed trade ends with: a refund, a release, or exact parts of both."""

from typing import Any

import pytest

from services.marketplace.tests.trades.test_sql import attempt


def slug(answer: Any) -> str:
    """The type of a problem."""
    name: str = answer.json()["type"].rpartition(":")[2]
    return name


async def test_an_operator_splits_what_is_in_escrow(market: Any) -> None:
    """Both parts are commanded and add up; the trade tells each party what came of it."""
    _, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}"
    body = {"ruling": "split", "buyer_gets": "25.00", "reason": "seen photos"}
    ruled = await market.member("OPERATOR").made(f"{path}/resolve", body)
    assert (ruled["state"], ruled["refund"], ruled["steps"][-1]["by"]) == (
        "confirmed", "25.00", "operator",
    )  # fmt: skip
    said = dict(await market.said(trade["id"]))
    assert said["SplitEscrow"] == {
        "escrow_id": trade["id"],
        "payee_minor": "5000",
        "payer_minor": "2500",
        "reason": "seen photos",
    }
    assert (said["TradeResolved"]["ruling"], said["TradeResolved"]["refund_minor"]) == (
        "split",
        "2500",
    )
    await market.ledger_says("pay", trade, fee_minor=50, refunded_minor=2500)
    done = (await buyer.get(path)).json()
    assert (done["state"], done["fee"], done["refund"]) == ("released", "0.50", "25.00")
    assert dict(await market.said(trade["id"]))["TradeReleased"]["refund_minor"] == "2500"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"ruling": "split"}, 422),
        ({"ruling": "release", "buyer_gets": "1.00"}, 422),
        ({"ruling": "split", "buyer_gets": "0.00"}, 422),
        ({"ruling": "split", "buyer_gets": "75.00"}, 422),
        ({"ruling": "split", "buyer_gets": "75.01"}, 422),
        ({"ruling": "split", "buyer_gets": "1.001"}, 422),
    ],
)
async def test_a_split_has_two_parts(market: Any, body: dict[str, str], status: int) -> None:
    """Nothing and all are no parts, and only a split has them."""
    _, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}"
    refused = await market.member("OPERATOR").post(f"{path}/resolve", body)
    assert refused.status_code == status, refused.text
    assert "buyer_gets" in str(refused.json()["errors"])
    assert (await buyer.get(path)).json()["state"] == "disputed"


@pytest.mark.parametrize("state", ["funded", "handed_over", "disputed"])
async def test_the_seller_may_agree_to_refund_a_part(market: Any, state: str) -> None:
    """The trade stays where it is, its time too; the buyer's confirmation splits the escrow."""
    seller, buyer, trade = await market.trade_in(state)
    path = f"/trades/{trade['id']}"
    body = {"amount": "10.00", "reason": "the bell is missing"}
    agreed = await seller.made(f"{path}/partial-refund", body)
    assert (agreed["state"], agreed["refund"], agreed["due_at"]) == (
        state,
        "10.00",
        trade["due_at"],
    )
    assert (await market.types(trade["id"]))[-1] == "TradeRefundAgreed"
    if state == "funded":
        await seller.made(f"{path}/hand-over")
    await buyer.made(f"{path}/confirm")
    said = dict(await market.said(trade["id"]))
    parts = said["SplitEscrow"]["payee_minor"], said["SplitEscrow"]["payer_minor"]
    assert (parts, said["TradeConfirmed"]["refund_minor"]) == (("6500", "1000"), "1000")
    await market.ledger_says("pay", trade, fee_minor=65, refunded_minor=1000)
    assert (await seller.get(path)).json()["state"] == "released"


async def test_what_was_agreed_is_raised_but_not_taken_back(market: Any) -> None:
    """The buyer relies on it; the whole is a refund, not a part; the buyer grants nothing."""
    seller, buyer, trade = await market.trade_in("handed_over")
    path = f"/trades/{trade['id']}/partial-refund"
    await seller.made(path, {"amount": "10.00"})
    for amount, wanted in (
        ("10.00", "refund-only-grows"),
        ("9.99", "refund-only-grows"),
        ("75.00", "part-not-within"),
        ("0.00", "amount-not-positive"),
    ):
        assert slug(await seller.post(path, {"amount": amount})) == wanted, amount
    assert (await buyer.post(path, {"amount": "20.00"})).status_code == 403
    assert (await seller.made(path, {"amount": "20.00"}))["refund"] == "20.00"


@pytest.mark.parametrize(
    ("ruling", "command"), [("release", "ReleaseEscrow"), ("refund", "RefundEscrow")]
)
async def test_a_ruling_stands_above_what_was_agreed(
    market: Any, ruling: str, command: str
) -> None:
    """An operator who releases pays the whole, who refunds gives the whole back."""
    seller, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}"
    await seller.made(f"{path}/partial-refund", {"amount": "10.00"})
    ruled = await market.member("OPERATOR").made(f"{path}/resolve", {"ruling": ruling})
    assert ruled["refund"] is None
    assert (await market.types(trade["id"]))[-1] == command
    await market.ledger_says({"release": "pay", "refund": "repay"}[ruling], trade)
    assert (await buyer.get(path)).json()["refund"] is None


async def test_an_escrow_split_otherwise_is_a_defect(market: Any) -> None:
    """What the ledger tells is not what the trade asked for: a dead letter, and nothing moves."""
    _, buyer, trade = await market.trade_in("confirmed")
    await market.ledger_says("pay", trade, refunded_minor=1)
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["state"] == "confirmed"
    reason = await market.database.pool.fetchval(
        "SELECT reason FROM dead_letter WHERE key = $1", trade["id"]
    )
    assert "other parts" in reason


@pytest.mark.parametrize(
    ("state", "change", "constraint"),
    [
        ("funded", "refund_minor = 7500", "trade_refund_in_range"),
        ("funded", "refund_minor = 0", "trade_refund_only_grows"),
        ("accepted", "state = 'funded', refund_minor = 1", "trade_refund_only_grows"),
        ("handed_over", "state = 'confirmed', refund_minor = 1", "trade_refund_only_grows"),
        ("handed_over", "proven_at = now()", "trade_proven_at_hand_over"),
        ("offered", "proven_at = now()", "trade_proven_at_hand_over"),
    ],
)
async def test_the_database_holds_the_parts(
    market: Any, state: str, change: str, constraint: str
) -> None:
    """Whatever the service would write."""
    _, _, trade = await market.trade_in(state)
    statement = f"UPDATE trade SET version = version + 1, {change} WHERE id = $1"
    assert await attempt(market, statement, trade["id"]) == constraint


async def test_fee_and_refund_are_within_the_price(market: Any) -> None:
    """The fee is of the seller's part."""
    seller, buyer, trade = await market.trade_in("handed_over")
    await seller.made(f"/trades/{trade['id']}/partial-refund", {"amount": "10.00"})
    await buyer.made(f"/trades/{trade['id']}/confirm")
    statement = (
        "UPDATE trade SET version = version + 1, state = 'released', fee_minor = 6501 WHERE id = $1"
    )
    assert await attempt(market, statement, trade["id"]) == "trade_fee_of_sellers_part"
