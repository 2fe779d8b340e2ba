"""The journey of trades that are proven, disputed, shared out and rated, by the gateway alone."""

import pytest

from localex_client import ProblemError
from tests.journeys.people import Actor, eventually, funded_trade, listening, operator, somebody
from tests.stack.plugin import System


async def test_a_proven_hand_over_is_rated_by_both(system: System) -> None:
    """They write, the code proves the hand-over, both rate, and the reputation says so."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
        listening(ana, ben),
    ):
        trade = await funded_trade(ana, ben, "20.00")
        await ben.client.write_message(trade.id, "At six, at the old harbour?")
        await eventually(
            lambda: _heard(ana, trade.id), lambda kinds: "marketplace.MessageSent" in kinds
        )
        assert not any("harbour" in str(event) for event in ana.heard)
        [message] = (await ana.client.trade_messages(trade.id)).messages
        assert (message.by, message.mine) == ("buyer", False)

        code = (await ben.client.make_code(trade.id)).code
        with pytest.raises(ProblemError) as refused:
            await ana.client.hand_over(trade.id, code="222222")
        assert refused.value.facts["attempts_left"] == 4
        handed = await ana.client.hand_over(trade.id, code=code)
        assert (handed.proven, handed.when_due) == (True, "releases")
        await ben.client.confirm(trade.id)
        await ana.reaches(trade.id, "released")

        await ben.client.rate(trade.id, 5, "As described")
        assert (await ana.client.trade_ratings(trade.id)).ratings == []
        await ana.client.rate(trade.id, 4)
        seen = await eventually(
            lambda: ben.client.reputation(ana.user.id), lambda found: found.count == 1
        )
        assert (seen.mean, seen.completion_rate, seen.trades["sold"]) == ("3.75", "1.00", 1)
        await _search_knows(ana, ben)
        [rating] = (await ben.client.member_ratings(ana.user.id)).ratings
        assert (rating.stars, rating.text) == (5, "As described")


async def test_a_dispute_ends_in_parts_that_add_up(system: System) -> None:
    """Both give evidence, an operator splits: each has their part, the fee is of the seller's."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="100.00") as ben,
        operator(system) as judge,
    ):
        trade = await funded_trade(ana, ben, "80.00")
        await ana.client.hand_over(trade.id)
        await ben.client.dispute(trade.id, "the lamp is cracked")
        await ben.client.make_statement(trade.id, "The crack was there when I unpacked it.")
        await ana.client.make_statement(trade.id, "It was whole at the hand-over.")
        assert [one.by for one in await judge.statements(trade.id)] == ["buyer", "seller"]
        await judge.rule(trade.id, "split", buyer_gets="30.00", reason="both may be right")
        done = await ben.reaches(trade.id, "released")
        assert (done.refund, done.fee) == ("30.00", "0.50")
        assert (await ana.balance(), await ben.balance(), await ben.balance("ESCROW")) == (
            "49.50", "50.00", "0.00",
        )  # fmt: skip
        assert (await ana.client.escrow(trade.id)).refunded == "30.00"


async def test_the_two_settle_it_by_themselves(system: System) -> None:
    """The seller agrees to refund a part, the buyer confirms: no operator is needed."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
    ):
        trade = await funded_trade(ana, ben)
        await ana.client.hand_over(trade.id)
        await ben.client.dispute(trade.id, "a screw is missing")
        await ana.client.refund_part(trade.id, "1.00", reason="for the screw")
        await ben.client.confirm(trade.id)
        await ana.reaches(trade.id, "released")
        assert (await ana.balance(), await ben.balance()) == ("8.91", "1.00")


async def _search_knows(seller: Actor, finder: Actor) -> None:
    """What was on offer before the rating and what comes after it are found by it, in time."""
    lamp = await seller.client.create_item("Storm lantern of brass", price="9.00")
    found = await eventually(
        lambda: finder.client.search("storm lantern", seller_rating_min="3.7"),
        lambda answer: answer.total == 1,
    )
    [hit] = found.items
    assert (hit.id, hit.seller_rating, hit.seller_rating_count) == (lamp.id, "3.75", 1)
    assert (await finder.client.search("storm lantern", seller_rating_min="3.8")).total == 0


async def _heard(actor: Actor, trade_id: object) -> list[str]:
    return [e.type for e in actor.heard if e.data.get("trade_id") == str(trade_id)]
