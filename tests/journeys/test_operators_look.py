"""An operator looks at what is Ana's, says why, and she sees it."""

import pytest

from localex_client import ProblemError
from tests.journeys.people import funded_trade, operator, somebody
from tests.stack.plugin import System

WHY = "Ana asked where her payment is"
_PERIOD = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


async def test_looks_at_accounts_and_trades_are_seen_by_their_owners(system: System) -> None:
    """Balance, entries, statement, list and trade; each without a reason is refused."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="20.00") as ben,
        operator(system) as looking,
    ):
        trade = await funded_trade(ana, ben)
        account = f"/v1/accounts/{(await ana.account()).id}"
        paths = {
            account: {},
            f"{account}/balance": {},
            f"{account}/entries": {},
            f"{account}/statement": _PERIOD,
            f"{account}/explain": {},
            "/v1/accounts": {"owner_id": str(ana.user.id)},
            f"/v1/trades/{trade.id}": {},
        }
        for path, query in paths.items():
            looking.reason = None
            with pytest.raises(ProblemError) as refused:
                await looking.ask("GET", path, query=query)
            assert refused.value.slug == "reason-needed", path
            looking.reason = WHY
            await looking.ask("GET", path, query=query)
        seen = (await ana.client.looks()).accesses
        assert [one.what for one in reversed(seen)] == [[path] for path in paths]
        assert {one.reason for one in seen} == {WHY}
        bens = (await ben.client.looks()).accesses
        assert [one.what for one in bens] == [[f"/v1/trades/{trade.id}"]]


async def test_members_need_no_reason_for_their_own(system: System) -> None:
    """And none of it is a look."""
    async with somebody(system, "Ana", credits="5.00") as ana:
        account = f"/v1/accounts/{(await ana.account()).id}"
        for path in (account, f"{account}/balance", f"{account}/entries", f"{account}/explain"):
            await ana.client.ask("GET", path)
        assert (await ana.client.looks()).accesses == []
