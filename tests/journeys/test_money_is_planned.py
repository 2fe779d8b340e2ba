"""Ana plans her money: transfers for later, groups, statements, gifts, and what she may."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from localex_client import ProblemError
from tests.journeys.people import Actor, eventually, operator, somebody
from tests.stack.plugin import System


async def test_a_transfer_waits_for_its_time_or_is_called_off(system: System) -> None:
    """It is listed while it waits, told of by its id, and nothing moves when it is called off."""
    async with somebody(system, "Ana", credits="9.00") as ana, somebody(system, "Ben") as ben:
        main, soon = (await ana.account()).id, datetime.now(UTC) + timedelta(days=2)
        later = await ana.client.transfer_later(main, "4.00", soon, to_user=ben.user.id, memo="tea")
        page = await ana.client.transfers_for_later(account_id=main, state="PENDING")
        assert [one.id for one in page.scheduled_transfers] == [later.id]
        seen = await ana.client.transfer_for_later(later.id)
        assert (seen.memo, seen.effective_at, seen.transfer_id) == ("tea", soon, None)
        assert (await ana.client.call_off(later.id)).state == "CANCELLED"
        assert (await ana.balance(), await ben.balance()) == ("9.00", "0.00")


async def test_accounts_are_grouped_and_have_a_sum(system: System) -> None:
    """Ana's group counts what is in it, now and then, and remembers who left."""
    async with somebody(system, "Ana", credits="9.00") as ana:
        main, escrow = [(await ana.account(kind)).id for kind in ("MAIN", "ESCROW")]
        group = await ana.client.make_group("Household")
        grown = await ana.client.change_group(group.id, add=[main, escrow], version=group.version)
        assert (grown.accounts, grown.version) == (2, group.version + 1)
        assert [one.id for one in (await ana.client.groups()).groups] == [group.id]
        shrunk = await ana.client.change_group(group.id, remove=[escrow])
        assert (await ana.client.group(group.id)).version == shrunk.version
        there = await ana.client.group_members(group.id)
        assert [one.account_id for one in there.members] == [main]
        assert len((await ana.client.group_members(group.id, past=True)).members) == 2
        balance = await ana.client.group_balance(group.id)
        assert [(one.asset, one.balance) for one in balance.figures] == [("LXC", "9.00")]
        before = datetime.now(UTC) - timedelta(days=1)
        earlier = await ana.client.group_balance(
            group.id, known_at=before, members_at=datetime.now(UTC)
        )
        assert [one.balance for one in earlier.figures] in ([], ["0.00"])
        with pytest.raises(ProblemError) as stale:
            await ana.client.change_group(group.id, add=[escrow], version=group.version)
        assert stale.value.status == 412


async def test_a_statement_is_read_printed_and_ordered(system: System) -> None:
    """Page by page, as a sheet, on paper, and as a file that is made meanwhile: one sum."""
    async with (
        somebody(system, "Ana", credits="9.00") as ana,
        somebody(system, "Ben") as ben,
        httpx2.AsyncClient() as storage,
    ):
        main, now = (await ana.account()).id, datetime.now(UTC)
        await ana.client.transfer(main, "2.50", to_user=ben.user.id, memo="for the bread")
        begins, ends = now - timedelta(days=1), now + timedelta(days=1)
        told = await ana.client.statement(main, begins, ends, limit=1)
        rest = await ana.client.statement(main, begins, ends, cursor=told.next_cursor)
        assert [one.amount for one in (*told.entries, *rest.entries)] == ["9.00", "-2.50"]
        assert (told.opening, rest.closing) == ("0.00", "6.50")
        sheet = await ana.client.statement_file(main, "csv", begins=begins, ends=ends)
        assert b"for the bread" in sheet
        assert (await ana.client.statement_file(main, "pdf", month=f"{now:%Y-%m}"))[:4] == b"%PDF"
        ordered = await ana.client.order_statement(main, "csv", begins=begins, ends=ends)
        assert [one.id for one in (await ana.client.ordered_statements()).statements] == [
            ordered.id
        ]
        done = await eventually(
            lambda: ana.client.ordered_statement(ordered.id), lambda seen: seen.state != "WAITING"
        )
        assert (done.state, done.entries) == ("DONE", 2), done
        assert b"for the bread" in (await storage.get(str(done.url))).content
        then = await ana.client.balance_at(main, effective_at=begins)
        assert (then.balance, (await ana.client.balance_at(main)).balance) == ("0.00", "6.50")


async def test_gift_credits_are_given_seen_and_spent(system: System) -> None:
    """Spent where gifts are taken, which an operator allows, and nowhere else."""
    async with (
        somebody(system, "Ana", credits="9.00") as ana,
        somebody(system, "Ben") as ben,
        somebody(system, "Eve") as baker,
        operator(system) as office,
    ):
        given = await ana.client.give((await ana.account()).id, ben.user.id, "5.00")
        assert [one.id for one in await ana.client.gifts(direction="given")] == [given.id]
        purse, shop = (await ben.account("GIFT")).id, (await baker.account()).id
        with pytest.raises(ProblemError):
            await ben.client.spend_gifts(purse, "2.00", to_account=shop)
        await office.change_limits(shop, {"accepts_gifts": True}, "a bakery")
        await ben.client.spend_gifts(purse, "2.00", to_user=baker.user.id, memo="rye")
        assert (await ana.client.gift(given.id)).remaining == "3.00"
        assert await baker.balance() == "2.00"


async def policy_of(ana: Actor) -> tuple[str | None, bool]:
    """The floor of somebody's account, and whether it is frozen."""
    policy = await ana.client.policy((await ana.account()).id)
    return policy.floor, policy.frozen


async def test_an_operator_sets_limits_and_sees_what_they_refused(system: System) -> None:
    """A floor, a freeze that refuses, and back; each with its reason, for Ana to read."""
    async with (
        somebody(system, "Ana", credits="9.00") as ana,
        somebody(system, "Ben") as ben,
        operator(system) as office,
    ):
        main = (await ana.account()).id
        first = await office.policy(main)
        wider = await office.change_limits(
            main, {"floor": "-5.00"}, "a loan of the council", version=first.version
        )
        assert wider.floor == "-5.00"
        await office.act_on_account(main, "freeze", "the phone was stolen")
        assert await policy_of(ana) == ("-5.00", True)
        with pytest.raises(ProblemError):
            await ana.client.transfer(main, "1.00", to_user=ben.user.id)
        await office.act_on_account(main, "unfreeze", "she has a new one")
        told = (await ana.client.policies(main)).policies
        assert [one.reason for one in told[:3]] == [
            "she has a new one",
            "the phone was stolen",
            "a loan of the council",
        ]
        now = datetime.now(UTC)
        found = await office.refused_attempts(
            account=main, begins=now - timedelta(hours=1), ends=now + timedelta(hours=1)
        )
        assert [one.account_id for one in found.refused_attempts] == [main]
        only = await office.refused_attempts(user=ana.user.id, rule=found.refused_attempts[0].rule)
        assert [one.id for one in only.refused_attempts] == [found.refused_attempts[0].id]


async def test_credits_come_and_go_by_operators(system: System) -> None:
    """A part is given back, a part burnt; much waits for a second operator, who is another."""
    async with (
        somebody(system, "Ana", credits="9.00") as ana,
        somebody(system, "Ben") as ben,
        operator(system) as office,
    ):
        main = (await ana.account()).id
        sent = await ana.client.transfer(main, "4.00", to_user=ben.user.id)
        back = await office.reverse(sent.id, amount="1.50", reason="one jar was broken")
        assert (back.reverses, await ana.balance()) == (sent.id, "6.50")
        burnt = await office.burn(main, "0.50", "issued twice")
        assert (burnt.kind, await ana.balance()) == ("burn", "6.00")
        asked = await office.issue(ana.user.id, "100001.00", reason="for the new hall")
        waiting = await office.issuance_requests(state="WAITING", limit=200)
        assert asked.id in {one.id for one in waiting.requests}
        with pytest.raises(ProblemError) as own:
            await office.decide_issuance(asked.id, "approve")
        assert own.value.status in {403, 409}
        assert (await office.decide_issuance(asked.id, "reject")).state == "REJECTED"


async def test_prices_are_set_by_operators_and_seen_by_all(system: System) -> None:
    """A rate and a price list that begin in a year: nobody's prices change by them."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        year = datetime.now(UTC) + timedelta(days=365)
        rate = await office.add_rate("LXC", "INR", "0.80", "council", valid_from=year)
        seen = await ana.client.exchange_rates(from_asset="LXC", to_asset="INR")
        assert rate.id in {one.id for one in seen.rates}
        rules = [{"tier": "PLATFORM", "kind": "percentage", "bps": 100}]
        listed = await office.add_fee_schedule(
            "transfer", rules, "a wish of the council", asset="INR", valid_from=year
        )
        found = await ana.client.fee_schedules(operation="transfer")
        assert listed.id in {one.id for one in found.schedules}
        moved = await office.move_liquidity("in", "5.00", "INR", "stock")
        assert moved.reason == "stock"
        assert (await ana.client.exchanges()).exchanges == []


async def test_history_is_brought_in(system: System) -> None:
    """Under a name that finds it again; a row that is wrong is told by its number."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        name = f"old-books-{ana.user.id.hex[-8:]}"
        begun = await office.begin_import(name, "riverside")
        assert (await office.begin_import(name, "riverside")).id == begun.id
        row = {
            "reference": "2024-0001",
            "effective_at": "2024-03-01T12:00:00Z",
            "from": "system:old-books",
            "to": f"user:{ana.user.id}",
            "amount": "12.00",
            "asset": "LXC",
        }
        stands = await office.bring_rows(begun.id, 1, [row, {**row, "amount": "-1"}])
        assert (stands.rows_done, stands.posted, stands.refused) == (2, 1, 1)
        assert [one.row for one in (await office.history_import(begun.id)).refusals] == [2]
        assert await ana.balance() == "12.00"
