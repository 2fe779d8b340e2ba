"""The journey: from two strangers to a trade that both have seen live, through the gateway only."""

from uuid import UUID

import pytest

from localex_client import LocalEx, ProblemError
from localex_client.models import LiveEvent
from tests.journeys.people import eventually, listening, operator, somebody
from tests.stack.plugin import System

STEPS = (
    "marketplace.TradeOffered",
    "marketplace.TradeCountered",
    "marketplace.TradeAccepted",
    "marketplace.TradeFunded",
    "marketplace.TradeHandedOver",
    "marketplace.TradeConfirmed",
    "marketplace.TradeReleased",
)


async def test_a_bicycle_changes_hands(system: System) -> None:
    """Listed, found, haggled over, paid through escrow; each step is seen by both as it happens."""
    async with (
        somebody(system, "Ana", credits="100.00") as ana,
        somebody(system, "Ben", credits="100.00") as ben,
        listening(ana, ben),
    ):
        mark = ana.user.id.hex[-8:]
        bicycle = await ana.client.create_item(f"Blue city bicycle {mark}", price="80.00")

        async def search() -> list[UUID]:
            return [hit.id for hit in (await ben.client.search(f"bicycle {mark}")).items]

        # How soon is for `test_found_at_once`, which runs when nothing else does.
        await eventually(search, lambda hits: hits == [bicycle.id])

        trade = await ben.client.offer(bicycle.id, "60.00")
        assert trade.state == "offered"
        await ana.client.counter(trade.id, "75.00")
        await ben.client.accept(trade.id)
        await ben.reaches(trade.id, "funded")
        assert (await ben.balance(), await ben.balance("ESCROW")) == ("25.00", "75.00")
        await ana.client.hand_over(trade.id)
        await ben.client.confirm(trade.id)
        released = await ana.reaches(trade.id, "released")

        assert (released.amount, released.fee) == ("75.00", "0.75")
        assert (await ana.balance(), await ben.balance()) == ("174.25", "25.00")
        assert await ben.balance("ESCROW") == "0.00"
        assert (await ana.client.get_item(bicycle.id)).status == "sold"
        for person in (ana, ben):
            await person.hears(*STEPS, trade_id=trade.id)
            numbers = [int(event.id) for event in person.heard]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_stream_that_broke_off_misses_nothing(system: System) -> None:
    """Who comes back with the number of the last event hears the rest, once each."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
    ):
        async with listening(ben):
            chair = await ana.client.create_item("Chair", price="10.00")
            trade = await ben.client.offer(chair.id, "10.00")
            await ben.hears("marketplace.TradeOffered", trade_id=trade.id)
        last = ben.heard[-1].id
        await ana.client.accept(trade.id)
        await ben.reaches(trade.id, "funded")
        kinds = []
        async for event in ben.client.events(last_event_id=last):
            assert int(event.id) > int(last)
            if event.data.get("trade_id") == str(trade.id):
                kinds.append(event.type)
            if event.type == "marketplace.TradeFunded":
                break
        assert kinds == ["marketplace.TradeAccepted", "marketplace.TradeFunded"]


async def test_nobody_hears_of_others(system: System) -> None:
    """Only the two whose trade it is are told, and neither learns the other's balance."""
    async with (
        somebody(system, "Ana", credits="31.00") as ana,
        somebody(system, "Ben", credits="47.00") as ben,
        somebody(system, "Cem") as cem,
        listening(ana, ben, cem),
    ):
        account = await ben.account()
        moved = await ben.client.transfer(account.id, "5.00", to_user=ana.user.id)

        def of_it(event: LiveEvent) -> bool:
            # The app's notice of it may come first.
            return event.type == "ledger.TransferPosted" and str(moved.id) in str(event)

        async def heard() -> bool:
            return any(map(of_it, ana.heard)) and any(map(of_it, ben.heard))

        await eventually(heard, bool)
        assert not any(str(moved.id) in str(event) for event in cem.heard)
        event = next(filter(of_it, ana.heard))
        shown = [entry.get("balance_after_minor") for entry in event.data["entries"]]
        assert sorted(map(str, shown)) == ["3600", "None"]


async def test_a_log_out_holds_everywhere(system: System) -> None:
    """After log-out no service answers, though each had been called with the token before."""
    async with somebody(system, "Ana") as ana:
        other = LocalEx(system.gateway, ana.client.token)
        async with other:
            await other.accounts()
            await other.search("x")
            await ana.client.log_out()
            for call in (other.accounts, other.me, other.search):
                with pytest.raises(ProblemError) as refused:
                    await call()
                assert refused.value.status == 401


async def test_the_api_document_is_whole(system: System) -> None:
    """Every route of every service can be reached through the gateway, and is in the document."""
    async with LocalEx(system.gateway) as anybody:
        document = await anybody.ask("GET", "/v1/openapi.json")
    assert document["x-unavailable"] == []
    for service in ("LEDGER", "MARKETPLACE", "SEARCH"):
        address = system.settings[f"GATEWAY_UPSTREAM_{service}"]
        async with LocalEx(address) as direct:
            own = await direct.ask("GET", "/openapi.json")
        paths = {path for path in own["paths"] if path.startswith("/v1/")}
        assert paths <= set(document["paths"]), service


async def test_only_operators_issue(system: System) -> None:
    """Credits come from operators: anybody else is told which role is needed."""
    async with somebody(system, "Ana") as ana, operator(system) as issuer:
        with pytest.raises(ProblemError) as refused:
            await ana.client.issue(ana.user.id, "100.00", reason="for me")
        assert refused.value.status == 403
        assert "OPERATOR" in refused.value.facts["needs"]
        await issuer.issue(ana.user.id, "1.00", reason="for Ana")
        assert await ana.balance() == "1.00"
