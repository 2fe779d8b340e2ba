"""Ratings: of settled trades, once a side, revealed together."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from contracts.gateway import UserRegistered
from services.marketplace.tests.messages.test_router import slug
from services.marketplace.tests.trades.test_sql import attempt


async def known(market: Any, *members: Any, community: str = "riverside") -> None:
    """Let the marketplace hear of members."""
    await market.hear(
        "marketplace.members",
        *(
            UserRegistered(
                user_id=one.id,
                version=1,
                display_name=f"M {one.id}",
                community=community,
                roles=("MEMBER",),
            )
            for one in members
        ),
    )


async def test_ratings_are_revealed_when_both_are_in(market: Any) -> None:
    """Until then each sees their own, and that there is another."""
    seller, buyer, trade = await market.trade_in("released")
    await known(market, seller, buyer)
    path = f"/trades/{trade['id']}/ratings"
    given = await buyer.made(path, {"stars": 5, "text": "As described"})
    assert (given["revealed_at"], given["about_side"]) == (None, "seller")
    hidden = (await seller.get(path)).json()
    assert (hidden["given"], hidden["ratings"]) == (1, [])
    assert (await seller.get(f"/members/{seller.id}/ratings")).json()["ratings"] == []
    assert len((await buyer.get(path)).json()["ratings"]) == 1
    second = await seller.made(path, {"stars": 4})
    assert second["revealed_at"] is not None
    for reader in (seller, buyer):
        seen = (await reader.get(path)).json()["ratings"]
        assert sorted(one["stars"] for one in seen) == [4, 5]
    [of_seller] = (await buyer.get(f"/members/{seller.id}/ratings")).json()["ratings"]
    assert (of_seller["stars"], of_seller["text"]) == (5, "As described")


async def test_a_rating_is_told_without_its_words(market: Any) -> None:
    """Nothing is said while it is hidden; then stars and sides, of each."""
    seller, buyer, trade = await market.trade_in("released")
    path = f"/trades/{trade['id']}/ratings"
    await buyer.made(path, {"stars": 2, "text": "The bell was missing"})
    assert await market.said(seller.id) == []
    await seller.made(path, {"stars": 4})
    [(name, said)] = await market.said(seller.id)
    assert (name, said["stars"], said["about_side"]) == ("RatingRevealed", 2, "seller")
    assert "bell" not in str(await market.said())
    assert len(await market.said(buyer.id)) == 1


async def test_one_alone_is_revealed_when_the_time_is_over(market: Any) -> None:
    """By a durable timer, after fourteen days; then nobody can answer what they have read."""
    seller, buyer, trade = await market.trade_in("released")
    path = f"/trades/{trade['id']}/ratings"
    await buyer.made(path, {"stars": 1})
    market.clock.move(timedelta(days=13))
    await market.timers.fire_due()
    assert (await seller.get(path)).json()["ratings"] == []
    market.clock.move(timedelta(days=1, seconds=1))
    await market.timers.fire_due()
    assert len((await seller.get(path)).json()["ratings"]) == 1
    assert slug(await seller.post(path, {"stars": 1})) == "rating-over"
    assert len(await market.said(seller.id)) == 1


async def test_both_at_once_are_both_revealed_once(market: Any) -> None:
    """Whoever is second reveals; no timer is left behind."""
    for _ in range(3):
        seller, buyer, trade = await market.trade_in("released")
        path = f"/trades/{trade['id']}/ratings"
        answers = await asyncio.gather(
            *(who.post(path, {"stars": 3}) for who in (seller, buyer, seller, buyer))
        )
        assert sorted(one.status_code for one in answers) == [201, 201, 409, 409]
        assert (await market.types(seller.id), await market.types(buyer.id)) == (
            ["RatingRevealed"], ["RatingRevealed"],
        )  # fmt: skip
        left = await market.database.pool.fetchval(
            "SELECT count(*) FROM timer WHERE key = $1", trade["id"]
        )
        assert left == 0


@pytest.mark.parametrize("state", ["offered", "funded", "disputed", "refunding"])
async def test_only_settled_trades_are_rated(market: Any, state: str) -> None:
    """What has not ended with money is none of that."""
    _, buyer, trade = await market.trade_in(state)
    refused = await buyer.post(f"/trades/{trade['id']}/ratings", {"stars": 1})
    assert (slug(refused), refused.json()["state"]) == ("not-settled", state)


async def test_a_refunded_trade_is_rated_too_and_strangers_rate_nothing(market: Any) -> None:
    """Who waited in vain may say so."""
    _, buyer, trade = await market.trade_in("refunding")
    await market.ledger_says("repay", trade)
    path = f"/trades/{trade['id']}/ratings"
    await buyer.made(path, {"stars": 1, "text": "Nobody came"})
    assert (await market.member().post(path, {"stars": 5})).status_code == 404
    for stars in (0, 6, "5", 4.5):
        assert (await buyer.post(path, {"stars": stars})).status_code == 422


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("buyer_id, seller_id, 'seller', 6, NULL, now(), NULL", "rating_stars_in_range"),
        ("buyer_id, buyer_id, 'seller', 5, NULL, now(), NULL", "rating_between_parties"),
        ("buyer_id, seller_id, 'buyer', 5, NULL, now(), NULL", "rating_between_parties"),
        ("gen_random_uuid(), seller_id, 'seller', 5, NULL, now(), NULL", "rating_between_parties"),
        ("buyer_id, seller_id, 'seller', 5, NULL, now(), now()", "rating_begins_hidden"),
    ],
)
async def test_the_database_holds_the_rules(market: Any, values: str, constraint: str) -> None:
    """Stars, sides and secrecy."""
    _, _, trade = await market.trade_in("released")
    statement = f"INSERT INTO rating SELECT id, {values} FROM trade WHERE id = $1"
    assert await attempt(market, statement, trade["id"]) == constraint


async def test_the_database_lets_a_rating_be_revealed_once(market: Any) -> None:
    """Neither hidden again, nor changed, nor of a trade that has not ended."""
    _, buyer, trade = await market.trade_in("released")
    await buyer.made(f"/trades/{trade['id']}/ratings", {"stars": 5})
    reveal = "UPDATE rating SET revealed_at = given_at + interval '1 day' WHERE trade_id = $1"
    assert await attempt(market, reveal, trade["id"]) == ""
    assert await attempt(market, reveal, trade["id"]) == "rating_revealed_once"
    for statement in ("UPDATE rating SET stars = 1", "DELETE FROM rating"):
        assert await attempt(market, statement) == "no privilege"
    _, _, funded = await market.trade_in("funded")
    early = (
        "INSERT INTO rating SELECT id, buyer_id, seller_id, 'seller', 5, NULL, now(), NULL "
        "FROM trade WHERE id = $1"
    )
    assert await attempt(market, early, funded["id"]) == "rating_when_settled"
