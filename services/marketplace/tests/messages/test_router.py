"""Messages between the two of a trade: ordered, bounded, told without their words."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.marketplace.tests.trades.test_sql import attempt


def slug(answer: Any) -> str:
    """The type of a problem."""
    name: str = answer.json()["type"].rpartition(":")[2]
    return name


async def test_the_two_write_to_each_other_in_order(market: Any) -> None:
    """Places without gaps however many write at once; pages lead on."""
    seller, buyer, trade = await market.trade_in("offered")
    path = f"/trades/{trade['id']}/messages"
    await asyncio.gather(
        *(who.made(path, {"text": f"{n}"}) for n in range(6) for who in (seller, buyer))
    )
    first = (await buyer.get(path, limit=7)).json()
    rest = (await buyer.get(path, limit=7, after=first["next_after"])).json()
    seen = first["messages"] + rest["messages"]
    assert [one["seq"] for one in seen] == list(range(1, 13))
    assert (first["next_after"], rest["next_after"]) == (7, None)
    assert {(one["by"], one["mine"]) for one in seen} == {("buyer", True), ("seller", False)}


async def test_a_message_is_told_without_its_words(market: Any) -> None:
    """Both hear that there is one; what it says is read from the trade."""
    seller, _, trade = await market.trade_in("funded")
    await seller.made(f"/trades/{trade['id']}/messages", {"text": "Corner of Mill Lane, at six"})
    name, said = (await market.said(trade["id"]))[-1]
    assert (name, said["seq"], said["by_id"]) == ("MessageSent", 1, str(seller.id))
    assert "Mill Lane" not in str(await market.said())
    audience = await market.database.pool.fetchval(
        "SELECT headers->>'ce_audience' FROM outbox WHERE key = $1 ORDER BY id DESC LIMIT 1",
        trade["id"],
    )
    assert set(audience.split(",")) == {trade["buyer_id"], trade["seller_id"]}


async def test_only_the_parties_read_and_operators_in_a_dispute(market: Any) -> None:
    """A stranger knows of no trade; an operator is let in while they are asked to decide."""
    seller, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}/messages"
    await seller.made(path, {"text": "Hello"})
    operator, stranger = market.member("OPERATOR"), market.member()
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(path, {"text": "Hi"})).status_code == 404
    assert slug(await operator.get(path)) == "not-disputed"
    await buyer.made(f"/trades/{trade['id']}/dispute", {"reason": "it squeaks"})
    assert len((await operator.get(path)).json()["messages"]) == 1
    assert (await operator.post(path, {"text": "Well"})).status_code == 404
    assert (await market.member("OPERATOR", community="hillside").get(path)).status_code == 404
    await operator.made(f"/trades/{trade['id']}/resolve", {"ruling": "refund"})
    assert slug(await operator.get(path)) == "not-disputed"


async def test_whose_trade_an_operator_reads_is_told_the_gateway(market: Any) -> None:
    """Both parties, of the trade and of its words; their own reads are no looks."""
    seller, buyer, trade = await market.trade_in("funded")
    await buyer.made(f"/trades/{trade['id']}/dispute", {"reason": "it squeaks"})
    people = {trade["seller_id"], trade["buyer_id"]}
    operator = market.member("OPERATOR")
    for path in (f"/trades/{trade['id']}", f"/trades/{trade['id']}/messages"):
        assert set((await operator.get(path)).headers["x-looked-at"].split(",")) == people
        for party in (seller, buyer):
            assert "x-looked-at" not in (await party.get(path)).headers


async def test_a_repeat_is_one_message(market: Any) -> None:
    """The same key: the same answer, one row."""
    _, buyer, trade = await market.trade_in("offered")
    path = f"/trades/{trade['id']}/messages"
    first, again = [await buyer.post(path, {"text": "Hello"}, key="m") for _ in range(2)]
    assert first.content == again.content
    assert len((await buyer.get(path)).json()["messages"]) == 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\u0000b"])
async def test_words_are_bounded(market: Any, text: str) -> None:
    """Nothing, too much, and what nobody can read are refused by name."""
    _, buyer, trade = await market.trade_in("offered")
    answer = await buyer.post(f"/trades/{trade['id']}/messages", {"text": text})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "text")


async def test_a_conversation_has_an_end(market: Any) -> None:
    """Fourteen days after the trade's, and a thousand messages."""
    _, buyer, trade = await market.trade_in("released")
    path = f"/trades/{trade['id']}/messages"
    market.clock.move(timedelta(days=13))
    await buyer.made(path, {"text": "Thank you"})
    await market.database.pool.execute(
        "DO $$ BEGIN FOR n IN 2..1000 LOOP INSERT INTO trade_message "
        f"SELECT id, n, buyer_id, 'x', now() FROM trade WHERE id = '{trade['id']}'; "
        "END LOOP; END $$"
    )
    assert slug(await buyer.post(path, {"text": "More"})) == "conversation-full"
    market.clock.move(timedelta(days=2))
    assert slug(await buyer.post(path, {"text": "More"})) == "conversation-over"


async def test_the_database_holds_who_writes_and_where(market: Any) -> None:
    """A stranger, a gap, a change and a removal are refused, whoever asks."""
    _, _, trade = await market.trade_in("offered")
    insert = "INSERT INTO trade_message SELECT id, $2, {who}, 'x', now() FROM trade WHERE id = $1"
    stranger = insert.format(who="gen_random_uuid()")
    assert await attempt(market, stranger, trade["id"], 1) == "trade_message_by_party"
    party = insert.format(who="buyer_id")
    assert await attempt(market, party, trade["id"], 2) == "trade_message_seq_follows"
    for statement in ("UPDATE trade_message SET text = 'y'", "DELETE FROM trade_message"):
        assert await attempt(market, statement) == "no privilege"
