"""The journey of trades that gift credits pay, of gifts, and of barter, by the gateway alone."""

from tests.journeys.people import eventually, somebody
from tests.stack.plugin import System


async def test_gift_credits_pay_a_trade_and_come_back(system: System) -> None:
    """30.00, of which 20.00 gifts: called off, all is back where it was; then it is bought."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
        somebody(system, "Eve", credits="20.00") as eve,
    ):
        await eve.client.give((await eve.account()).id, ben.user.id, "20.00")
        item = await ana.client.create_item(
            "Bread for a month", price="30.00", accepts_gift_credits=True
        )
        trade = await ben.client.offer(item.id, "30.00", gift_amount="20.00")
        await ana.client.accept(trade.id)
        funded = await ben.reaches(trade.id, "funded")
        assert funded.gift_amount == "20.00"
        assert [await ben.balance(kind) for kind in ("MAIN", "GIFT", "ESCROW")] == [
            "0.00", "0.00", "30.00",
        ]  # fmt: skip
        await ben.client.cancel(trade.id)
        await ben.reaches(trade.id, "refunded")
        assert [await ben.balance(kind) for kind in ("MAIN", "GIFT", "ESCROW")] == [
            "10.00", "20.00", "0.00",
        ]  # fmt: skip
        assert [gift.remaining for gift in await ben.client.gifts()] == ["20.00"]

        again = await ben.client.offer(item.id, "30.00", gift_amount="20.00")
        await ana.client.accept(again.id)
        await ben.reaches(again.id, "funded")
        await ana.client.hand_over(again.id)
        await ben.client.confirm(again.id)
        await ana.reaches(again.id, "released")
        assert (await ana.balance(), await ben.balance("ESCROW")) == ("29.70", "0.00")


async def test_a_gift_is_asked_for_and_fetched(system: System) -> None:
    """No credits move: the code proves the hand-over, and both rate."""
    async with somebody(system, "Ana") as ana, somebody(system, "Ben") as ben:
        item = await ana.client.create_item("Cuttings of mint", pricing="gift")
        trade = await ben.client.offer(item.id, message="For my window?")
        assert (trade.kind, trade.amount) == ("gift", "0.00")
        assert (await ana.client.accept(trade.id)).state == "funded"
        code = (await ben.client.make_code(trade.id)).code
        await ana.client.hand_over(trade.id, code=code)
        assert (await ben.client.confirm(trade.id)).state == "released"
        await ben.client.rate(trade.id, 5)
        await ana.client.rate(trade.id, 5)
        seen = await eventually(
            lambda: ben.client.reputation(ana.user.id), lambda found: found.count == 1
        )
        assert seen.trades["sold"] == 1


async def test_a_barter_with_credits_on_top(system: System) -> None:
    """A lamp and 10.00 for a loom: both hand over, both confirm, the credits go to the seller."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
    ):
        loom = await ana.client.create_item("Loom", pricing="barter", wanted="A lamp")
        lamp = await ben.client.create_item("Lamp", price="40.00")
        trade = await ben.client.offer(loom.id, "10.00", gives={lamp.id: 1})
        assert [one.title for one in trade.gives] == ["Lamp"]
        await ana.client.accept(trade.id)
        assert (await ben.reaches(trade.id, "funded")).awaits == "both"
        assert (await ben.client.get_item(lamp.id)).status == "reserved"
        assert (await ben.client.hand_over(trade.id)).awaits == "seller"
        await ana.client.hand_over(trade.id)
        assert (await ana.client.confirm(trade.id)).awaits == "buyer"
        await ben.client.confirm(trade.id)
        await ana.reaches(trade.id, "released")
        assert (await ana.balance(), await ben.balance()) == ("9.90", "0.00")
        assert (await ben.client.get_item(lamp.id)).status == "sold"
