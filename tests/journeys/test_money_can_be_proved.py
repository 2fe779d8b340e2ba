"""What a member can do with money beyond sending it: keep proof, exchange, watch, set aside."""

import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest

from localex_client import ProblemError
from localex_client.models import LiveEvent
from tests.journeys.people import Actor, eventually, funded_trade, listening, operator, somebody
from tests.stack.plugin import System


def verify(folder: Path, receipt: str, keys: str) -> subprocess.CompletedProcess[str]:
    """What a member runs at home: two files, and no address of ours anywhere."""
    (folder / "receipt.json").write_text(receipt)
    (folder / "log.pub").write_text(keys)
    command = [sys.executable, "-m", "localex_verifier", "receipt.json", "--key", "log.pub"]
    return subprocess.run(command, cwd=folder, env={}, check=False, capture_output=True, text=True)


async def receipt_of(actor: Actor, transfer_id: UUID) -> str:
    """A receipt, as soon as the transfer is signed."""

    async def look() -> str:
        try:
            return await actor.client.receipt(transfer_id)
        except ProblemError as problem:
            if problem.slug != "not-yet-signed":
                raise
            return ""

    return await eventually(look, bool)


def heard(actor: Actor, kind: str) -> list[LiveEvent]:
    """Events of a kind that somebody heard."""
    return [event for event in actor.heard if event.type == kind]


async def test_a_member_keeps_a_receipt_and_verifies_it_offline(
    system: System, tmp_path: Path
) -> None:
    """Proven without us; with one digit changed, wrong; under another's key, not proven."""
    async with somebody(system, "Ana", credits="50.00") as ana, somebody(system, "Ben") as ben:
        account = await ana.account()
        sent = await ana.client.transfer(account.id, "12.34", to_user=ben.user.id, memo="eggs")
        receipt = await receipt_of(ana, sent.id)
        keys = await ana.client.log_keys()
        proved = verify(tmp_path, receipt, keys)
        assert proved.returncode == 0, proved.stdout + proved.stderr
        assert "PROVEN" in proved.stdout
        assert "-1234" in receipt
        assert verify(tmp_path, receipt.replace("-1234", "-9234"), keys).returncode == 1
        stranger = (Path(__file__).parents[2] / "libs/verifier/tests/data/log.pub").read_text()
        assert verify(tmp_path, receipt, stranger).returncode != 0
        told = await ana.client.explain(account.id)
        assert str(sent.id) in {str(proof["transfer_id"]) for proof in told.proofs}
        with pytest.raises(ProblemError) as refused:
            async with somebody(system, "Cem") as cem:
                await cem.client.receipt(sent.id)
        assert refused.value.status == 404


@pytest.mark.slow
async def test_credits_are_exchanged_as_quoted(system: System, tmp_path: Path) -> None:
    """A rate with notice, a quote that is kept, an event, and a receipt over both assets."""
    async with somebody(system, "Ana", credits="100.00") as ana, listening(ana):
        async with operator(system) as bank:
            await bank.add_rate("LXC", "EUR", "0.91", "council", spread_bps=100)
            await bank.move_liquidity("in", "500.00", "EUR", "stock")
        account = await ana.account()

        async def quote() -> UUID | None:
            try:
                return (await ana.client.quote_exchange(account.id, "33.33", "EUR")).id
            except ProblemError as problem:
                if problem.slug != "no-exchange-rate":
                    raise
                return None

        quoted = await eventually(quote, bool, within_seconds=30)
        seen = await ana.client.foresee_exchange(account.id, "33.33", "EUR")
        made = await ana.client.exchange(account.id, "33.33", "EUR", quote=quoted)
        assert made.exchange is not None
        parts = (made.exchange.bought, made.exchange.spread, made.exchange.residue)
        assert parts == ("30.02", "0.30", "0.01")
        [told] = (await ana.client.exchanges()).exchanges
        assert (told.transfer_id, told.bought, told.quote_id) == (made.id, "30.02", quoted)
        assert (seen.status, seen.exchange) == (
            "posted",
            made.exchange.model_copy(update={"quote_id": None}),
        )
        with pytest.raises(ProblemError) as used:
            await ana.client.exchange(account.id, "33.33", "EUR", quote=quoted)
        assert used.value.slug == "exchange-quote-used"
        held = {one.asset: one.balance for one in await ana.client.accounts() if one.type == "MAIN"}
        assert held == {"LXC": "66.67", "EUR": "30.02"}

        async def events() -> list[LiveEvent]:
            return heard(ana, "ledger.MoneyExchanged")

        [event] = await eventually(events, bool)
        assert (event.data["bought_minor"], event.data["rate"]) == ("3002", "0.91")
        receipt = await receipt_of(ana, made.id)
        proved = verify(tmp_path, receipt, await ana.client.log_keys())
        assert proved.returncode == 0, proved.stdout


async def test_a_line_is_watched_and_told_live(system: System) -> None:
    """Once a crossing, within about a second, and again only after the way back."""
    async with (
        somebody(system, "Ana", credits="50.00") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
        listening(ana),
    ):
        account = await ana.account()
        low = await ana.client.watch(account.id, "below", "20.00", label="rent")

        async def crossings() -> int:
            return len(heard(ana, "ledger.MonitorCrossed"))

        started = time.monotonic()
        await ana.client.transfer(account.id, "31.00", to_user=ben.user.id)
        await eventually(crossings, lambda count: count == 1, within_seconds=10)
        took_seconds = time.monotonic() - started
        assert took_seconds < 5
        await ana.client.transfer(account.id, "1.00", to_user=ben.user.id)
        theirs = await ben.account()
        await ben.client.transfer(theirs.id, "10.00", to_user=ana.user.id)
        await ana.client.transfer(account.id, "9.00", to_user=ben.user.id)
        await eventually(crossings, lambda count: count == 2, within_seconds=10)
        shown = await ana.client.monitor(low.id)
        assert [one.observed for one in shown.newest] == ["19.00", "19.00"]
        await ana.client.end_monitor(low.id)
        assert (await ana.client.monitors()).monitors == []


async def test_money_is_set_aside_sent_in_bulk_and_given_back(system: System) -> None:
    """Reserve and capture, a bulk with a result each, a refund, all through the client."""
    async with somebody(system, "Ana", credits="50.00") as ana, somebody(system, "Ben") as ben:
        account, theirs = await ana.account(), await ben.account()
        held = await ana.client.reserve(account.id, "20.00", to_account=theirs.id)
        assert [one.id for one in (await ana.client.reservations()).reservations] == [held.id]
        part = await ana.client.capture(held.id, "5.00")
        assert (part.captured, part.remaining) == ("5.00", "15.00")
        assert (await ana.client.release(held.id)).state == "RELEASED"
        assert (await ana.client.get_reservation(held.id)).released == "15.00"
        wish = {"from_account": account.id, "to_user": ben.user.id, "asset": "LXC"}
        wishes = [wish | {"amount": "10.00"}, wish | {"amount": "99.00", "ref": "too much"}]
        seen = await ana.client.foresee_bulk(wishes)
        assert (seen.posted, seen.balances[0].balance_after) == (1, "35.00")
        done = await ana.client.bulk(wishes)
        assert [(one.status, one.ref) for one in done.results] == [
            ("posted", None),
            ("refused", "too much"),
        ]
        paid = done.results[0].transfer_id
        foreseen = await ben.client.foresee("refund", transfer_id=str(paid))
        assert foreseen.status == "posted"
        back = await ben.client.send_by_template("refund", transfer_id=str(paid))
        assert (back.reverses, await ana.balance()) == (paid, "45.00")
        quote = await ana.client.quote_fees("transfer", "1.00")
        sent = await ana.client.transfer(
            account.id, "1.00", to_user=ben.user.id, fee_quote=quote.id
        )
        assert sent.fees == quote.fees


async def test_a_seller_accepts_the_price_of_a_release(system: System) -> None:
    """Quoted, accepted while the money waits, and kept when the trade is confirmed."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
    ):
        trade = await funded_trade(ana, ben, "40.00")
        quote = await ana.client.quote_fees("escrow.release", "40.00")
        accepted = await ana.client.accept_price(trade.id, quote.id)
        assert (accepted.state, accepted.fee, accepted.fees) == ("FUNDED", "0.40", quote.fees)
        await ana.client.hand_over(trade.id)
        await ben.client.confirm(trade.id)
        released = await ana.reaches(trade.id, "released")
        assert (released.fee, await ana.balance()) == ("0.40", "39.60")
        assert (await ana.client.escrow(trade.id)).fee_quote == quote.id
