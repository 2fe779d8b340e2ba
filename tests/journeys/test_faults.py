"""Parts that are away: what needs them waits or says so, everything else goes on."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from localex_client import ProblemError
from localex_client.wire import new_key
from tests.journeys.away import SLOW_SECONDS, impatient, without
from tests.journeys.people import eventually, funded_trade, listening, somebody
from tests.stack.plugin import System


@pytest.mark.slow
async def test_with_kafka_away_a_trade_waits_and_completes(system: System) -> None:
    """Nothing is lost and nothing fails: the accepted trade is funded when Kafka is back."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="20.00") as ben,
    ):
        chair = await ana.client.create_item("Chair", price="10.00")
        trade = await ben.client.offer(chair.id, "10.00")
        with without(system, "kafka"):
            waits = {"Prefer": "wait=1"}
            told = await ana.client.send(
                "POST", f"/v1/trades/{trade.id}/accept", json={}, key=new_key(), headers=waits
            )
            # Taken, and not yet done: the answer says where to look.
            assert (told.status_code, told.json()["state"]) == (202, "accepted"), told.text
            assert told.headers["Location"] == f"/v1/trades/{trade.id}"
            assert told.headers["Link"] == f'</v1/trades/{trade.id}>; rel="status"'
            account = await ben.account()
            await ben.client.transfer(account.id, "1.00", to_user=ana.user.id)
            assert (await ben.client.get_trade(trade.id)).state == "accepted"
            assert await ben.balance() == "19.00"
        await ben.reaches(trade.id, "funded", within_seconds=SLOW_SECONDS)
        await ana.client.hand_over(trade.id)
        await ben.client.confirm(trade.id)
        await ben.reaches(trade.id, "released", within_seconds=SLOW_SECONDS)
        assert (await ana.balance(), await ben.balance()) == ("10.90", "9.00")


@pytest.mark.slow
async def test_with_opensearch_away_everything_but_search_works(system: System) -> None:
    """Search says 503; a trade goes through; what was listed meanwhile is found afterwards."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
    ):
        with without(system, "opensearch"):
            async with impatient(system, ben) as once:
                with pytest.raises(ProblemError) as refused:
                    await once.search("chair")
            assert refused.value.status == 503
            mark = uuid4().hex[:8]
            chair = await ana.client.create_item(f"Chair {mark}", price="10.00", quantity=2)
            trade = await ben.client.offer(chair.id, "10.00")
            await ana.client.accept(trade.id)
            await ben.reaches(trade.id, "funded")

        async def search() -> list[UUID]:
            return [hit.id for hit in (await ben.client.search(mark)).items]

        await eventually(search, lambda hits: hits == [chair.id], within_seconds=SLOW_SECONDS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "path", "other"),
    [
        ("ledger", "/v1/accounts", "/v1/trades"),
        ("marketplace", "/v1/trades", "/v1/accounts"),
        ("search", "/v1/search", "/v1/accounts"),
    ],
)
async def test_with_one_service_away_the_others_answer(
    system: System, service: str, path: str, other: str
) -> None:
    """The gateway names the one that is away, with Retry-After; log-in and the others go on."""
    async with somebody(system, "Ana") as ana, impatient(system, ana) as once:
        with without(system, service):
            for _ in range(8):
                answer = await once.send("GET", path)
                assert answer.status_code == 503
                assert answer.headers["Retry-After"] == "1"
                assert answer.json()["service"] == service
                assert (await once.send("GET", other)).status_code == 200
            await ana.logs_in_again()
            assert (await once.send("GET", "/health/ready")).status_code == 200

        async def status() -> int:
            return (await once.send("GET", path)).status_code

        await eventually(status, lambda seen: seen == 200)


@pytest.mark.slow
async def test_with_valkey_away_sessions_hold_and_end(system: System) -> None:
    """Slower, never wrong: Postgres is the truth of who is logged in."""
    async with somebody(system, "Ana") as ana, impatient(system, ana) as once:
        assert (await once.send("GET", "/v1/accounts")).status_code == 200
        with without(system, "valkey"):
            assert (await once.send("GET", "/v1/accounts")).status_code == 200
            await ana.client.log_out()
            assert (await once.send("GET", "/v1/accounts")).status_code == 401
        # Valkey kept the session over its stop: the log-out that it missed must hold all the same.
        assert (await once.send("GET", "/v1/accounts")).status_code == 401
        await ana.logs_in_again()
        assert (await ana.client.send("GET", "/v1/accounts")).status_code == 200


@pytest.mark.slow
async def test_with_valkey_away_everything_works_and_nothing_is_refused(system: System) -> None:
    """A log-in, a trade, a search and a live event, by people who ask each thing once."""
    async with somebody(system, "Ana") as ana, somebody(system, "Ben", credits="10.00") as ben:
        with without(system, "valkey"):
            async with impatient(system, ana) as anas, impatient(system, ben) as bens:
                # A 429 or a 503 would end the test: these clients do not ask again.
                seller, buyer = replace(ana, client=anas), replace(ben, client=bens)
                await seller.logs_in_again()
                await buyer.logs_in_again()
                async with listening(buyer):
                    trade = await funded_trade(seller, buyer, "4.00")
                    said = [
                        f"marketplace.Trade{word}" for word in ("Offered", "Accepted", "Funded")
                    ]
                    await buyer.hears(*said, trade_id=trade.id)
                await seller.client.hand_over(trade.id)
                await buyer.client.confirm(trade.id)
                await buyer.reaches(trade.id, "released")
                mark = f"v{ana.user.id.hex[-8:]}"
                lamp = await seller.client.create_item(f"Lamp {mark}", price="2.00")

                async def search() -> list[UUID]:
                    return [hit.id for hit in (await buyer.client.search(mark)).items]

                await eventually(search, lambda hits: hits == [lamp.id])
                account = await buyer.account()
                await buyer.client.transfer(account.id, "1.00", to_user=ana.user.id)
                assert await buyer.balance() == "5.00"


@pytest.mark.slow
async def test_a_service_that_crashes_takes_up_its_work(system: System) -> None:
    """The ledger is killed between acceptance and funding: the trade completes all the same."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
    ):
        chair = await ana.client.create_item("Chair", price="10.00")
        trade = await ben.client.offer(chair.id, "10.00")
        system.backend.kill("ledger")
        await ana.client.accept(trade.id)
        await ben.reaches(trade.id, "funded", within_seconds=SLOW_SECONDS)
        assert await eventually(ben.balance, bool, within_seconds=SLOW_SECONDS) == "0.00"
        assert await ben.balance("ESCROW") == "10.00"
