"""Stock can't be promised twice, whoever comes first."""

import asyncio
from collections import Counter
from typing import Any


async def test_of_fifty_buyers_ten_get_the_ten_pieces(market: Any) -> None:
    """All accept the seller's counter-offer at once: ten win, forty are told that none is left."""
    seller = market.member()
    item = await market.sell(seller, quantity=10)
    offer = {"item_id": item["id"], "amount": "60.00", "asset": "LXC"}
    buyers = [market.member() for _ in range(50)]
    trades = [await buyer.made("/trades", offer) for buyer in buyers]
    for trade in trades:
        await seller.made(f"/trades/{trade['id']}/counter", {"amount": "61.00"})
    answers = await asyncio.gather(
        *(b.post(f"/trades/{t['id']}/accept") for b, t in zip(buyers, trades, strict=True))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 10, 409: 40}
    assert await market.stock(item["id"]) == ("reserved", 10, 10, 0)
    states = Counter(
        [
            (await b.get(f"/trades/{t['id']}")).json()["state"]
            for b, t in zip(buyers, trades, strict=True)
        ]
    )
    assert states == {"accepted": 10, "offered": 40}
    funds = [name for name, _ in await market.said() if name == "FundEscrow"]
    assert len(funds) == 10


async def test_one_offer_is_accepted_once_by_many_clicks(market: Any) -> None:
    """Twenty requests with keys of their own: one accepts, the others find it accepted."""
    seller, _, trade = await market.trade_in("offered")
    answers = await asyncio.gather(
        *(seller.post(f"/trades/{trade['id']}/accept") for _ in range(20))
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert (await market.types(trade["id"])).count("FundEscrow") == 1


async def test_cancelling_races_with_handing_over(market: Any) -> None:
    """One of the two wins; the other is told where the trade is."""
    for _ in range(5):
        seller, buyer, trade = await market.trade_in("funded")
        path = f"/trades/{trade['id']}"
        answers = await asyncio.gather(
            seller.post(f"{path}/hand-over"), buyer.post(f"{path}/cancel")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        state = (await buyer.get(path)).json()["state"]
        assert state in ("handed_over", "refunding")
        refunds = (await market.types(trade["id"])).count("RefundEscrow")
        assert refunds == (state == "refunding")
