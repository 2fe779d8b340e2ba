"""Of who is erased no word is left; what others need stays: sums, stars, states, their words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.gateway import UserErased
from services.marketplace.tests.ratings.test_router import known

MARK = "Xylothek"
WORDS = f"call me {MARK}"


async def erase(market: Any, person: Any) -> None:
    """Tell the marketplace, twice."""
    event = UserErased(user_id=person.id, version=9, erased_at=datetime.now(UTC))
    for _ in range(2):
        await market.hear("marketplace.leavers", event)


async def rows_with(market: Any, word: str) -> list[str]:
    """Tables in which a word stands; what is on its way, and what was said, ages out."""
    tables = await market.database.pool.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'marketplace'::regnamespace"
        " AND relkind = 'r' AND relname !~ '^(outbox|inbox)'"
        " AND has_table_privilege(oid, 'SELECT') ORDER BY relname"
    )
    found = []
    for table in (row["relname"] for row in tables):
        there = f"SELECT EXISTS (SELECT FROM {table} AS t WHERE t::text LIKE '%' || $1 || '%')"
        if await market.database.pool.fetchval(there, word):
            found.append(table)
    return found


async def test_no_word_of_a_seller_is_left_in_any_table(market: Any) -> None:
    """Nor the marker that they put wherever they could write; stock and money stay as they were."""
    seller, buyer, trade = await market.trade_in(
        "disputed", title=WORDS, description=WORDS, brand=MARK, neighbourhood=MARK
    )
    await known(market, seller, buyer)
    path = f"/trades/{trade['id']}"
    await seller.made(f"{path}/messages", {"text": WORDS})
    await buyer.made(f"{path}/messages", {"text": "Where are you?"})
    await seller.made(f"{path}/statements", {"text": WORDS})
    await seller.made("/items", {"title": "For a swap", "pricing": "barter", "wanted": WORDS})
    await seller.made("/saved-searches", {"name": WORDS, "q": MARK})
    other = await market.sell(buyer)
    await seller.put(f"/watches/{other['id']}")
    await seller.made(f"/items/{other['id']}/reports", {"ground": "fraud", "details": WORDS})
    before = await market.stock(trade["item_id"])
    assert len(await rows_with(market, MARK)) == 6
    await erase(market, seller)
    assert await rows_with(market, MARK) == []
    assert await market.stock(trade["item_id"]) == ("withdrawn", *before[1:])
    seen = (await buyer.get(path)).json()
    assert (seen["item_title"], seen["amount"]) == ("[erased]", trade["amount"])
    said = [one["text"] for one in (await buyer.get(f"{path}/messages")).json()["messages"]]
    assert said == ["[erased]", "Where are you?"]


async def test_no_word_of_a_buyer_is_left_in_any_table(market: Any) -> None:
    """With an offer, what they gave in exchange, a dispute and a rating; the stars stay."""
    seller, buyer = market.member(), market.member()
    await known(market, seller, buyer)
    wanted = await market.sell(seller, pricing="barter", wanted="a rake", price=None, asset=None)
    given = await market.sell(buyer, title=WORDS)
    offer = {
        "item_id": wanted["id"],
        "message": WORDS,
        "gives": [{"item_id": given["id"]}],
    }
    await buyer.made("/trades", offer)
    rater, rated, trade = await market.trade_in("released")
    path = f"/trades/{trade['id']}/ratings"
    await rater.made(path, {"stars": 2, "text": WORDS})
    await rated.made(path, {"stars": 4, "text": "All well"})
    for person in (buyer, rater):
        await erase(market, person)
    assert await rows_with(market, MARK) == []
    seen = (await rated.get(path)).json()["ratings"]
    assert sorted((one["stars"], one["text"]) for one in seen if one["text"] is None) == [(2, None)]
    assert {one["text"] for one in seen} == {None, "All well"}


async def test_a_reason_of_the_other_side_stays(market: Any) -> None:
    """It is theirs, and the ruling was made on it."""
    seller, buyer, trade = await market.trade_in("disputed")
    await erase(market, seller)
    assert (await buyer.get(f"/trades/{trade['id']}")).json()["reason"] == "it squeaks"
    await erase(market, buyer)
    reasons = await market.database.pool.fetch(
        "SELECT reason FROM trade_step WHERE trade_id = $1 AND reason IS NOT NULL", trade["id"]
    )
    assert [row["reason"] for row in reasons] == ["[erased]"]


async def test_search_is_told_each_item_once_without_words(market: Any) -> None:
    """One version further, so that what it has is replaced; a repeat says nothing."""
    seller = market.member()
    item = await market.sell(seller, title=WORDS)
    await erase(market, seller)
    said = await market.said(item["id"])
    assert [told["version"] for _, told in said] == [1, 2, 3]
    assert MARK not in str(said[-1])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trade SET reason = 'something else' WHERE id = $1",
        "UPDATE trade SET reason = '[erased]', state = 'released' WHERE id = $1",
    ],
)
async def test_erasing_is_no_way_around_the_rules_of_trades(market: Any, statement: str) -> None:
    """Without a version a trade takes no other words and no step."""
    _, _, trade = await market.trade_in("disputed")
    with pytest.raises(Exception, match="does not follow"):
        await market.tries(statement, trade["id"])


async def test_an_unknown_person_is_passed_over(market: Any) -> None:
    """Such as one who never traded."""
    said = len(await market.said())
    await erase(market, market.member())
    assert len(await market.said()) == said
