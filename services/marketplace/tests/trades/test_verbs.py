"""Each step of a trade on the real database: what it changes, says and refuses."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest


async def test_the_way_of_a_trade_that_goes_well(market: Any) -> None:
    """Offer, counter, accept, fund, hand over, confirm, release: each step is said once."""
    ana, ben = market.member(), market.member()
    item = await market.sell(ana)
    trade = await ben.made("/trades", {"item_id": item["id"], "amount": "60.00", "asset": "LXC"})
    path = f"/trades/{trade['id']}"
    trade = await ana.made(f"{path}/counter", {"amount": "75.00"})
    assert (trade["amount"], trade["awaits"]) == ("75.00", "buyer")
    await ben.made(f"{path}/accept")
    assert await market.stock(item["id"]) == ("reserved", 1, 1, 0)
    await market.ledger_says("fund", trade)
    await ana.made(f"{path}/hand-over")
    await ben.made(f"{path}/confirm")
    await market.ledger_says("pay", trade)

    done = (await ana.get(path)).json()
    assert (done["state"], done["fee"], done["awaits"]) == ("released", "0.75", None)
    assert [step["to_state"] for step in done["steps"]] == [
        "offered", "offered", "accepted", "funded", "handed_over", "confirmed", "released",
    ]  # fmt: skip
    assert [step["by"] for step in done["steps"]] == [
        "buyer", "seller", "buyer", None, "seller", "buyer", None,
    ]  # fmt: skip
    assert await market.types(trade["id"]) == [
        "TradeOffered", "TradeCountered", "TradeAccepted", "FundEscrow", "TradeFunded",
        "TradeHandedOver", "TradeConfirmed", "ReleaseEscrow", "TradeReleased",
    ]  # fmt: skip
    assert await market.stock(item["id"]) == ("sold", 1, 0, 1)
    versions = [said["version"] for _, said in await market.said(item["id"])]
    assert versions == [1, 2, 3]


async def test_the_escrow_is_asked_for_the_agreed_price(market: Any) -> None:
    """Payer, payee and amount are the trade's."""
    _, _, trade = await market.trade_in("accepted", amount="12.34")
    said = dict(await market.said(trade["id"]))
    assert said["FundEscrow"] == {
        "escrow_id": trade["id"],
        "payer_id": trade["buyer_id"],
        "payee_id": trade["seller_id"],
        "amount_minor": "1234",
        "asset": "LXC",
    }


async def test_a_refused_escrow_cancels_the_trade_and_frees_the_stock(market: Any) -> None:
    """The buyer sees the ledger's words; the seller only that it was about funds."""
    seller, buyer, trade = await market.trade_in("accepted")
    await market.ledger_says("refuse", trade)
    of_buyer = (await buyer.get(f"/trades/{trade['id']}")).json()
    of_seller = (await seller.get(f"/trades/{trade['id']}")).json()
    assert of_buyer["state"] == of_seller["state"] == "cancelled"
    assert of_buyer["reason"].startswith("insufficient-funds")
    assert (of_buyer["refusal_detail"], of_seller["refusal_detail"]) == ("you have 5.00", None)
    assert "5.00" not in str(await market.said(trade["id"]))
    assert await market.stock(trade["item_id"]) == ("active", 1, 0, 0)


async def test_declining_ends_an_offer(market: Any) -> None:
    """Nothing was held and nothing is asked of the ledger."""
    seller, _, trade = await market.trade_in("offered")
    declined = await seller.made(f"/trades/{trade['id']}/decline")
    assert (declined["state"], declined["actions"]) == ("declined", [])
    assert await market.types(trade["id"]) == ["TradeOffered", "TradeDeclined"]


async def test_who_made_the_last_price_can_only_cancel_it(market: Any) -> None:
    """The other party accepts, counters or declines; the trade names whose step it is."""
    seller, buyer, trade = await market.trade_in("offered")
    path = f"/trades/{trade['id']}"
    for verb, body in (("accept", None), ("decline", None), ("counter", {"amount": "1.00"})):
        answer = await buyer.post(f"{path}/{verb}", body)
        assert (answer.status_code, answer.json()["whose"]) == (403, "seller"), answer.text
    assert (await seller.post(f"{path}/cancel")).status_code == 403
    cancelled = await buyer.made(f"{path}/cancel", {"reason": "found another"})
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "found another")


@pytest.mark.parametrize("state", ["accepted", "funded"])
@pytest.mark.parametrize("who", ["buyer", "seller"])
async def test_either_party_can_cancel_before_the_hand_over(
    market: Any, state: str, who: str
) -> None:
    """The ledger gives the escrow back first; then the stock is free again."""
    seller, buyer, trade = await market.trade_in(state)
    actor = buyer if who == "buyer" else seller
    cancelled = await actor.made(f"/trades/{trade['id']}/cancel")
    assert (cancelled["state"], cancelled["awaits"]) == ("refunding", "ledger")
    assert (await market.types(trade["id"]))[-2:] == ["TradeCancelled", "RefundEscrow"]
    assert (await market.stock(trade["item_id"]))[2] == 1
    if state == "accepted":  # the ledger takes the funding first, and says so
        await market.ledger_says("fund", trade)
    await market.ledger_says("repay", trade)
    after = (await buyer.get(f"/trades/{trade['id']}")).json()
    assert (after["state"], after["reason"]) == ("refunded", f"cancelled by the {who}")
    assert await market.stock(trade["item_id"]) == ("active", 1, 0, 0)


async def test_roles_are_held_at_hand_over_and_confirmation(market: Any) -> None:
    """The buyer can't hand over, the seller can't confirm."""
    seller, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}"
    assert (await buyer.post(f"{path}/hand-over")).status_code == 403
    assert (await buyer.post(f"{path}/confirm")).status_code == 409
    await seller.made(f"{path}/hand-over")
    assert (await seller.post(f"{path}/confirm")).status_code == 403
    answer = await buyer.post(f"{path}/cancel")
    assert (answer.status_code, answer.json()["possible"]) == (
        409,
        ["confirm", "dispute", "refund-part"],
    )


@pytest.mark.parametrize("ruling", ["refund", "release"])
async def test_an_operator_rules_on_a_dispute(market: Any, ruling: str) -> None:
    """Refund or release; the ledger is told, and both parties see who ruled and why."""
    seller, buyer, trade = await market.trade_in("disputed")
    path = f"/trades/{trade['id']}"
    assert (trade["expires_at"], trade["awaits"]) == (None, "operator")
    operator = market.member("OPERATOR")
    assert (await seller.post(f"{path}/resolve", {"ruling": ruling})).status_code == 403
    elsewhere = market.member("OPERATOR", community="hillside")
    assert (await elsewhere.post(f"{path}/resolve", {"ruling": ruling})).status_code == 404
    ruled = await operator.made(f"{path}/resolve", {"ruling": ruling, "reason": "seen photos"})
    command = {"refund": "RefundEscrow", "release": "ReleaseEscrow"}[ruling]
    assert (await market.types(trade["id"]))[-2:] == ["TradeResolved", command]
    assert ruled["steps"][-1]["by"] == "operator"
    await market.ledger_says({"refund": "repay", "release": "pay"}[ruling], trade)
    after = (await buyer.get(path)).json()
    assert after["state"] == {"refund": "refunded", "release": "released"}[ruling]
    assert (await operator.post(f"{path}/resolve", {"ruling": ruling})).status_code == 409


async def test_an_operator_does_not_rule_on_their_own_trade(market: Any) -> None:
    """A party is a party, whatever else they are."""
    operator = market.member("OPERATOR")
    item = await market.sell(operator)
    buyer = market.member()
    trade = await buyer.made("/trades", {"item_id": item["id"], "amount": "1", "asset": "LXC"})
    answer = await operator.post(f"/trades/{trade['id']}/resolve", {"ruling": "release"})
    assert answer.status_code == 403


async def test_a_trade_is_nobody_elses(market: Any) -> None:
    """Strangers get 404 on every route; operators of the community may look."""
    _, _, trade = await market.trade_in("offered")
    path = f"/trades/{trade['id']}"
    stranger = market.member()
    assert (await stranger.get(path)).status_code == 404
    for verb in ("accept", "decline", "cancel", "hand-over", "confirm"):
        assert (await stranger.post(f"{path}/{verb}")).status_code == 404
    assert (await stranger.post(f"{path}/dispute", {"reason": "x"})).status_code == 404
    assert (await stranger.post(f"/trades/{uuid4()}/accept")).status_code == 404
    assert (await stranger.get("/trades")).json()["trades"] == []
    assert (await market.member("OPERATOR").get(path)).status_code == 200
    assert (await market.member("OPERATOR", community="hillside").get(path)).status_code == 404


async def test_an_offer_needs_an_item_that_can_be_bought(market: Any) -> None:
    """Own, hidden, free, other asset, too many, sold: each has its problem."""
    ana, ben = market.member(), market.member()
    item = await market.sell(ana, quantity=2)
    gift = await ana.made("/items", {"title": "Chair", "pricing": "gift"})
    draft = await market.sell(ana, status="draft")

    async def offer(who: Any, item_id: str, **fields: Any) -> tuple[int, str]:
        body = {"item_id": item_id, "amount": "1.00", "asset": "LXC", **fields}
        answer = await who.post("/trades", body)
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    assert await offer(ana, item["id"]) == (409, "own-item")
    assert await offer(ben, str(uuid4())) == (404, "no-such-item")
    assert await offer(ben, draft["id"]) == (404, "no-such-item")
    assert await offer(ben, gift["id"]) == (409, "not-for-credits")
    assert await offer(ben, item["id"], asset="USD") == (409, "asset-differs")
    assert await offer(ben, item["id"], quantity=3) == (409, "out-of-stock")
    assert await offer(ben, item["id"], amount="0.00") == (422, "amount-not-positive")
    assert await offer(ben, item["id"], amount="1.001") == (422, "malformed")
    far = market.member(community="hillside")
    assert await offer(far, item["id"]) == (404, "no-such-item")


async def test_accepting_finds_the_stock_gone(market: Any) -> None:
    """Two offers for the last piece: the second acceptance is refused and the offer stands."""
    ana, ben, eva = (market.member() for _ in range(3))
    item = await market.sell(ana)
    offer = {"item_id": item["id"], "amount": "60.00", "asset": "LXC"}
    first, second = await ben.made("/trades", offer), await eva.made("/trades", offer)
    await ana.made(f"/trades/{first['id']}/accept")
    answer = await ana.post(f"/trades/{second['id']}/accept")
    assert (answer.status_code, answer.json()["available"]) == (409, 0)
    assert (await eva.get(f"/trades/{second['id']}")).json()["state"] == "offered"
    await ana.patch(f"/items/{item['id']}", {"status": "withdrawn"})
    answer = await ana.post(f"/trades/{second['id']}/accept")
    assert (answer.status_code, answer.json()["item_status"]) == (409, "withdrawn")


async def test_a_key_takes_a_step_once(market: Any) -> None:
    """The same key answers the same bytes; with another content it is refused."""
    seller, _, trade = await market.trade_in("offered")
    path = f"/trades/{trade['id']}"
    first = await seller.post(f"{path}/counter", {"amount": "80.00"}, key="k-1")
    again = await seller.post(f"{path}/counter", {"amount": "80.00"}, key="k-1")
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    other = await seller.post(f"{path}/counter", {"amount": "81.00"}, key="k-1")
    assert (other.status_code, other.json()["differs"]) == (409, ["amount"])
    assert (await market.types(trade["id"])).count("TradeCountered") == 1


async def test_lists_show_ones_own_trades_page_by_page(market: Any) -> None:
    """Newest first, by role and state; the cursor leads on, and a broken one is named."""
    ana, ben = market.member(), market.member()
    item = await market.sell(ana, quantity=10)
    offer = {"item_id": item["id"], "amount": "60.00", "asset": "LXC"}
    made = [(await ben.made("/trades", offer))["id"] for _ in range(3)]
    first = (await ben.get("/trades", limit=2)).json()
    rest = (await ben.get("/trades", limit=2, cursor=first["next_cursor"])).json()
    assert [t["id"] for t in first["trades"] + rest["trades"]] == made[::-1]
    assert rest["next_cursor"] is None
    assert (await ben.get("/trades", role="seller")).json()["trades"] == []
    assert len((await ana.get("/trades", role="seller", state="offered")).json()["trades"]) == 3
    broken = await ben.get("/trades", cursor="!!")
    assert (broken.status_code, broken.json()["errors"][0]["field"]) == (422, "cursor")


async def test_operators_see_trades_that_are_stuck(market: Any) -> None:
    """Those that wait for the ledger longer than a time, which is a look; others may not ask."""
    seller, buyer, trade = await market.trade_in("accepted")
    operator = market.member("OPERATOR")
    assert (await buyer.get("/trades", stuck=True)).status_code == 403

    async def stuck() -> list[str]:
        answer = await operator.get("/trades", stuck=True, older_than_minutes=10)
        found = [seen["id"] for seen in answer.json()["trades"]]
        looked_at = answer.headers.get("x-looked-at", "")
        for person in (seller, buyer):
            assert (str(person.caller.user_id) in looked_at) is (trade["id"] in found)
        return found

    assert trade["id"] not in await stuck()
    market.clock.move(timedelta(minutes=11))
    assert trade["id"] in await stuck()
    await market.ledger_says("fund", trade)
    assert trade["id"] not in await stuck()
