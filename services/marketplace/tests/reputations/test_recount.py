"""The projection says what trades and ratings say, whatever was heard, twice or in odd order."""

import asyncio
from collections import Counter, defaultdict
from random import Random
from typing import Any

from contracts.messages import MESSAGES
from marketplace.reputations.recount import recount_reputations
from services.marketplace.tests.ratings.test_router import known

NAMES = (
    *("sold", "bought", "refunded_as_seller", "refunded_as_buyer"),
    *("disputes_lost", "disputes_shared"),
    *(f"stars_{number}" for number in range(1, 6)),
)


async def tell(market: Any, chance: Random) -> None:
    """Deliver everything that was ever said of ends and ratings: shuffled, in batches, again."""
    heard = [
        MESSAGES[f"marketplace.{name}"]
        for name in ("TradeReleased", "TradeRefunded", "RatingRevealed")
    ]
    events = [
        next(model for model in heard if model.__name__ == name).model_validate(body)
        for name, body in await market.said()
        if name in {model.__name__ for model in heard}
    ]
    chance.shuffle(events)
    batches = [events[place : place + 3] for place in range(0, len(events), 3)]
    await asyncio.gather(
        *(market.hear("marketplace.reputations", *batch) for batch in [*batches, *batches])
    )


async def history(market: Any, chance: Random, trades: int) -> tuple[list[Any], dict[Any, Any]]:
    """Random trades between three people, and what should be counted of each."""
    people = [market.member() for _ in range(3)]
    await known(market, *people)
    counted: dict[Any, Counter[str]] = defaultdict(Counter)
    for _ in range(trades):
        seller, buyer = chance.sample(people, 2)
        item = await market.sell(seller)
        body = {"item_id": item["id"], "amount": "60.00", "asset": "LXC"}
        trade = await buyer.made("/trades", body)
        path = f"/trades/{trade['id']}"
        await seller.made(f"{path}/accept")
        await market.ledger_says("fund", trade)
        end = chance.choice(["pay", "pay", "repay", "refund", "release", "split"])
        await _settle(market, trade, end, seller, buyer)
        paid = end in ("pay", "release", "split")
        counted[seller.id]["sold" if paid else "refunded_as_seller"] += 1
        counted[buyer.id]["bought" if paid else "refunded_as_buyer"] += 1
        if end in ("refund", "release"):
            counted[(seller if end == "refund" else buyer).id]["disputes_lost"] += 1
        if end == "split":
            counted[seller.id]["disputes_shared"] += 1
            counted[buyer.id]["disputes_shared"] += 1
        raters = chance.choice([(), (buyer,), (seller, buyer)])
        for rater in raters:
            stars = chance.randint(1, 5)
            await rater.made(f"{path}/ratings", {"stars": stars})
            other = seller if rater is buyer else buyer
            # One alone is still hidden.
            counted[other.id][f"stars_{stars}"] += len(raters) - 1
    return people, counted


async def _settle(market: Any, trade: Any, end: str, seller: Any, buyer: Any) -> None:
    path = f"/trades/{trade['id']}"
    if end == "pay":
        await seller.made(f"{path}/hand-over")
        await buyer.made(f"{path}/confirm")
    elif end == "repay":
        await seller.made(f"{path}/cancel")
    else:
        await buyer.made(f"{path}/dispute", {"reason": "it squeaks"})
        ruling = {"ruling": end} | ({"buyer_gets": "1.00"} if end == "split" else {})
        await market.member("OPERATOR").made(f"{path}/resolve", ruling)
    facts = {"refunded_minor": 100} if end == "split" else {}
    kind = "repay" if end in ("repay", "refund") else "pay"
    await market.ledger_says(kind, trade, **facts)


async def counts(market: Any, member: Any) -> dict[str, int]:
    """What the projection has of a person, without zeros."""
    row = await market.database.pool.fetchrow(
        "SELECT * FROM reputation WHERE user_id = $1", member.id
    )
    return {name: row[name] for name in NAMES if row and row[name]}


async def test_the_projection_is_what_happened(market: Any) -> None:
    """Against a count kept by hand; told in odd order, at once and twice."""
    chance = Random(7)
    people, counted = await history(market, chance, 14)
    await tell(market, chance)
    for person in people:
        assert await counts(market, person) == {k: n for k, n in counted[person.id].items() if n}
    reader = people[0]
    seen = (await reader.get(f"/members/{people[1].id}/reputation")).json()
    own = counted[people[1].id]
    assert (seen["trades"]["sold"], seen["disputes"]["lost"]) == (own["sold"], own["disputes_lost"])
    assert seen["count"] == sum(own[f"stars_{number}"] for number in range(1, 6))


async def test_what_was_damaged_is_made_anew(market: Any) -> None:
    """A count that is wrong or lost is right after a recount, which can be repeated."""
    chance = Random(11)
    people, counted = await history(market, chance, 4)
    await tell(market, chance)
    await market.database.pool.execute("UPDATE reputation SET sold = sold + 5, stars_1 = 9")
    for _ in range(2):
        async with market.database.transaction() as conn:
            await recount_reputations(conn, [one.id for one in people], now=market.clock.now())
    for person in people:
        assert await counts(market, person) == {k: n for k, n in counted[person.id].items() if n}


async def test_an_operator_has_a_reputation_made_anew(market: Any) -> None:
    """Nobody else may; of nobody there is none; the same key is done once."""
    ana, operator = market.member(), market.member("OPERATOR")
    await known(market, ana)
    path = f"/members/{ana.id}/reputation/recount"
    await market.database.pool.execute(
        "INSERT INTO reputation (user_id, sold, counted_at) VALUES ($1, 9, now())", ana.id
    )
    assert (await ana.post(path)).status_code == 403
    assert (await operator.made(path))["trades"]["sold"] == 0
    far = market.member("OPERATOR", community="hillside")
    assert (await far.post(path)).status_code == 404


async def test_a_reputation_is_for_ones_own_community(market: Any) -> None:
    """Who is new has the prior; strangers to the community and nobody are not there."""
    ana, far = market.member(), market.member(community="hillside")
    await known(market, ana)
    seen = (await market.member().get(f"/members/{ana.id}/reputation")).json()
    assert (seen["count"], seen["mean"], seen["plain_mean"], seen["completion_rate"]) == (
        0, "3.50", None, None,
    )  # fmt: skip
    assert (await far.get(f"/members/{ana.id}/reputation")).status_code == 404
    assert (await ana.get(f"/members/{far.id}/reputation")).status_code == 404
    assert (await far.get(f"/members/{ana.id}/ratings")).status_code == 404
