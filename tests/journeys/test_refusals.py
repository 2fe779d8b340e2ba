"""What is refused, what a repeat does, and what happens when somebody does nothing."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from localex_client import ProblemError
from tests.journeys.people import eventually, funded_trade, listening, operator, somebody
from tests.stack.plugin import System


async def test_without_funds_the_trade_is_refused_with_the_reason(system: System) -> None:
    """Nothing moves, the item is free again, and the buyer alone learns by how much it failed."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="25.00") as ben,
        listening(ana, ben),
    ):
        lamp = await ana.client.create_item("Reading lamp", price="80.00")
        trade = await ben.client.offer(lamp.id, "80.00")
        await ana.client.accept(trade.id)
        refused = await ben.reaches(trade.id, "cancelled")
        assert refused.reason is not None
        assert "insufficient-funds" in refused.reason
        assert refused.refusal_detail is not None
        assert "25.00" in refused.refusal_detail
        seen_by_ana = await ana.client.get_trade(trade.id)
        assert seen_by_ana.refusal_detail is None
        assert (await ben.balance(), await ben.balance("ESCROW")) == ("25.00", "0.00")
        assert (await ana.client.get_item(lamp.id)).status == "active"
        kinds = ("TradeOffered", "TradeAccepted", "TradeCancelled")
        await ben.hears(*(f"marketplace.{kind}" for kind in kinds), trade_id=trade.id)
        assert "25.00" not in str(ana.heard)


async def test_the_same_key_gives_the_same_bytes(system: System) -> None:
    """A transfer and an offer, each sent three times with its key, happen once."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
    ):
        lamp = await ana.client.create_item("Reading lamp", price="8.00")
        sender = str((await ben.account()).id)
        wishes = {
            "/v1/transfers": {
                "from_account": sender,
                "to_user": str(ana.user.id),
                "amount": "1.00",
                "asset": "LXC",
            },
            "/v1/trades": {"item_id": str(lamp.id), "amount": "8.00", "asset": "LXC"},
        }
        for path, body in wishes.items():
            key = uuid4().hex
            answers = [await ben.client.send("POST", path, json=body, key=key) for _ in range(3)]
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.content for answer in answers}) == 1
            replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
            assert replayed == [None, "true", "true"]
            with pytest.raises(ProblemError) as refused:
                await ben.client.ask("POST", path, json={**body, "amount": "2.00"}, key=key)
            assert refused.value.status == 409
            assert refused.value.facts["differs"] == ["amount"]
        assert await ana.balance() == "1.00"
        assert len((await ben.client.trades()).trades) == 1


async def test_a_key_belongs_to_who_used_it(system: System) -> None:
    """Another person's use of the same key is another wish."""
    async with (
        somebody(system, "Ana", credits="5.00") as ana,
        somebody(system, "Ben", credits="5.00") as ben,
    ):
        key = uuid4().hex
        for sender, receiver in ((ana, ben), (ben, ana)):
            account = await sender.account()
            await sender.client.transfer(account.id, "2.00", to_user=receiver.user.id, key=key)
        assert (await ana.balance(), await ben.balance()) == ("5.00", "5.00")


async def test_what_is_anothers_is_not_there(system: System) -> None:
    """Accounts, transfers and trades of others are missing, not forbidden."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="20.00") as ben,
        somebody(system, "Cem") as cem,
    ):
        account = await ben.account()
        moved = await ben.client.transfer(account.id, "1.00", to_user=ana.user.id)
        trade = await funded_trade(ana, ben)
        paths = [
            f"/v1/accounts/{account.id}",
            f"/v1/accounts/{account.id}/entries",
            f"/v1/transfers/{moved.id}",
            f"/v1/trades/{trade.id}",
        ]
        for path in paths:
            assert (await ben.client.send("GET", path)).status_code == 200
            assert (await cem.client.send("GET", path)).status_code == 404, path
        for verb in ("cancel", "hand-over", "confirm"):
            path = f"/v1/trades/{trade.id}/{verb}"
            answer = await cem.client.send("POST", path, json={}, key=uuid4().hex)
            assert answer.status_code == 404, path
        stolen = {
            "from_account": str(account.id),
            "to_user": str(cem.user.id),
            "amount": "1.00",
            "asset": "LXC",
        }
        answer = await cem.client.send("POST", "/v1/transfers", json=stolen, key=uuid4().hex)
        assert answer.status_code == 404
        assert (await ben.reaches(trade.id, "funded")).state == "funded"


@pytest.mark.parametrize("handed_over", [True, False])
async def test_a_trade_that_stalls_refunds_by_itself(
    system: System, move_clock: Callable[[timedelta], None], *, handed_over: bool
) -> None:
    """The buyer never confirms, or the seller never hands over: the credits come back."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="75.00") as ben,
    ):
        trade = await funded_trade(ana, ben, "75.00")
        if handed_over:
            await ana.client.hand_over(trade.id)
        assert await ben.balance() == "0.00"
        move_clock(timedelta(days=8))
        # Eight days later the sessions are over, too.
        await ben.logs_in_again()
        await ben.reaches(trade.id, "refunded")
        assert (await ben.balance(), await ben.balance("ESCROW")) == ("75.00", "0.00")


async def test_an_offer_nobody_answers_ends(
    system: System, move_clock: Callable[[timedelta], None]
) -> None:
    """After three days an offer is over, and nothing was held for it."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="9.00") as ben,
    ):
        chair = await ana.client.create_item("Chair", price="9.00")
        trade = await ben.client.offer(chair.id, "9.00")
        move_clock(timedelta(days=4))
        await ben.logs_in_again()
        await ben.reaches(trade.id, "expired")
        assert await ben.balance() == "9.00"


async def test_an_operator_ends_a_dispute(system: System) -> None:
    """While disputed nothing moves; the ruling does."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
        operator(system) as judge,
    ):
        trade = await funded_trade(ana, ben)
        disputed = await ben.client.dispute(trade.id, "It has only three legs.")
        assert disputed.state == "disputed"
        path = f"/v1/trades/{trade.id}/resolve"
        ruling = {"ruling": "refund", "reason": "A chair has four."}
        mine = await ben.client.send("POST", path, json=ruling, key=uuid4().hex)
        assert mine.status_code == 403
        await judge.ask("POST", path, json=ruling, key=uuid4().hex)
        await ben.reaches(trade.id, "refunded")
        await eventually(ben.balance, lambda balance: balance == "10.00")
