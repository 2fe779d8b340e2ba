"""Books in which every slice has written, and written again what is hard to bring back."""

from datetime import timedelta
from typing import Any

from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.ids import new_id
from contracts.ledger import EscrowReleased, ReleaseEscrow
from contracts.marketplace_trades import TradeFunded
from ledger.exchanges.forget_quotes import forget_exchange_quotes
from ledger.fees.forget_quotes import forget_quotes
from ledger.reconciliation.deciding.decide_proposal import decide_proposal
from ledger.reconciliation.deciding.match import match_items
from ledger.reconciliation.deciding.undo import undo_decision
from ledger.reconciliation.models import Decision, Proposal
from ledger.reconciliation.set_up import set_up_account
from ledger.reconciliation.trades.consumers import make_subscription
from ledger.reconciliation.wishes import SetupWish
from services.ledger.tests.audit.history import live
from services.ledger.tests.books import NOW, Books, Person, transfer
from services.ledger.tests.conftest import Api
from services.ledger.tests.escrow import test_price as prices
from services.ledger.tests.exchanges import market
from services.ledger.tests.gifts import words as gifts
from services.ledger.tests.groups.test_router import change, make
from services.ledger.tests.histories import test_bring_in as histories
from services.ledger.tests.monitors.test_watch import look, watch
from services.ledger.tests.policies.test_restrict import Said
from services.ledger.tests.policies.test_router import patch, perform
from services.ledger.tests.reconciliation import test_trades as trades
from services.ledger.tests.reconciliation.bank import MAPPING, OPERATOR, SECOND, Bank
from services.ledger.tests.reconciliation.test_deciding import decide, suspense, write_off
from services.ledger.tests.scheduled_transfers import words as later
from services.ledger.tests.transparency.log import keep

DAY = timedelta(days=1)
#: Amounts, times and texts that formats like to bend.
AWKWARD = """
UPDATE account SET metadata = '{"note": "\\u00e9\\u2028\\"x\\"", "big": 12345678901234567890.10}',
    ceiling_minor = 99999999999999999999999999999999999999
WHERE type = 'MAIN'
"""
#: What only a damaged projection and a place to copy to would write.
BESIDE = """
INSERT INTO projection_repair (repaired_by, projection, key, before)
VALUES ('test', 'reservation', 'none', '{"version": 2}');
INSERT INTO transparency_copy (size, copied_at)
SELECT min(size), '2026-11-21T12:00:00Z' FROM transparency_checkpoint
"""


async def fill(books: Books, api: Api) -> None:
    """Every table of the books gets rows; some things were changed back, undone or forgotten."""
    ana, ben = await live(books)
    await _reconcile(books)
    await _agree(books)
    await _bring_history(books, ana)
    await _change_policies(books, api, ana, ben)
    await _group(books, api, ana, ben)
    await _schedule(books, api, ana, ben)
    await _ask_for_much(api, ana)
    await watch(api, ana, "below", f"{await books.balance(ana.main) // 100}.00")
    await _give(books, api, ana, ben)
    await look(books)
    await _exchange(books, api, ana)
    await _accept_price(books, api)
    await Said(books, (await books.open_person()).id)(restricted=True)
    await _forget(books, api, ana)
    await keep(books)
    async with books.transaction() as conn:
        await conn.execute(AWKWARD)
    async with books.writing("owner") as conn:
        await conn.execute(BESIDE)


async def _ask_for_much(api: Api, ana: Person) -> None:
    """An issuance that a second operator has approved."""
    wish = {"to_user": str(ana.id), "amount": "10000.01", "asset": "LXC", "reason": "harvest"}
    asked = await api.post("/v1/issuances", OPERATOR, wish, role="OPERATOR")
    path = f"/v1/issuances/requests/{asked.json()['id']}/approve"
    assert (await api.post(path, SECOND, {}, role="OPERATOR")).status_code == 200


async def _reconcile(books: Books) -> None:
    """A match that was undone, write-offs under two limits, a proposal, statements and runs."""
    bank = await suspense(books, write_off_limit="0.39")
    matched = await decide(bank, match_items, (1, 2), (1,))
    async with books.transaction() as conn:
        await undo_decision(
            conn, bank.account_id, matched.id, reason="wrong",
            decision_id=new_id(), operator=SECOND, now=NOW,
        )  # fmt: skip
    proposal = await write_off(bank, (3,))
    assert isinstance(proposal, Proposal)
    setup = await bank.setup()
    async with books.transaction() as conn:
        await decide_proposal(conn, setup, proposal.id, approved=True, operator=SECOND, now=NOW)
    await _raise_limit(bank)
    assert isinstance(await write_off(bank, (), (2,)), Decision)
    await decide(bank, match_items, (1, 2), (1,))
    await bank.run()


async def _raise_limit(bank: Bank) -> None:
    wish = {"csv_mapping": MAPPING, "reason": "larger fees", "write_off_limit": "1.00"}
    async with bank.books.transaction() as conn:
        await set_up_account(
            conn, bank.account_id, SetupWish.model_validate(wish), operator=OPERATOR, now=NOW
        )


async def _agree(books: Books) -> None:
    """A trade that says otherwise than its escrow."""
    clock = FixedClock(NOW)
    subscription = make_subscription(clock, int(trades.GRACE.total_seconds()))
    ear = trades.Ear(books, clock, Consumer(subscription, books.database))
    trade = new_id()
    await ear.hear(trades.trade(TradeFunded, trade, 3), trades.escrow(EscrowReleased, trade, 2))
    assert await ear.check(trade) != []


async def _bring_history(books: Books, ana: Person) -> None:
    begun = await histories.begin(books)
    rows = [histories.row("a", "system:old-bank", ana.main), histories.row("b", "nobody", ana.main)]
    done = await histories.bring_in(books, begun, 1, *rows)
    assert (done.posted, done.refused) == (1, 1)


async def _change_policies(books: Books, api: Api, ana: Person, ben: Person) -> None:
    """Limits that were wide and are narrow, an account that was closed, one that is."""
    await patch(api, ben.main, {"floor": "-2000.00"})
    await books.post(transfer(ben.main, ana.main, 60_000))
    await books.post(transfer(ana.main, ben.main, 60_000))
    velocity = [{"window_seconds": 3600, "limit": "9000.00"}]
    limits = {"floor": "0.00", "soft_floor": "1.00", "velocity": velocity}
    assert (await patch(api, ben.main, limits)).status_code == 200
    for account, steps in (
        (ana.main, ("freeze", "unfreeze")),
        ((await books.open_person()).main, ("close", "reopen")),
        ((await books.open_person()).main, ("close",)),
    ):
        for step in steps:
            assert (await perform(api, account, step)).status_code == 200


async def _group(books: Books, api: Api, ana: Person, ben: Person) -> None:
    """Somebody went and came back."""
    group = await make(api, ana.id, ana.main, ben.main, role="OPERATOR")
    for step in ({"remove": (ben.main,)}, {"add": (ben.main,)}):
        books.clock.move(timedelta(seconds=1))
        answer = await change(api, group, ana.id, role="OPERATOR", **step)
        assert answer.status_code == 200, answer.text


async def _schedule(books: Books, api: Api, ana: Person, ben: Person) -> None:
    """One posted, one failed, one cancelled, one that waits."""
    made: list[Any] = [
        await later.schedule(api, ana, ben, amount, at=books.clock.now() + wait)
        for amount, wait in (("1.00", DAY), ("9999.00", DAY), ("2.00", DAY), ("3.00", 90 * DAY))
    ]
    assert all(one.is_success for one in made), [one.text for one in made]
    path = f"/v1/scheduled-transfers/{made[2].json()['id']}/cancel"
    assert (await api.post(path, ana.id, {})).is_success
    books.clock.move(DAY)
    while await later.worker(books).fire_due():
        pass
    states = [state for state, _ in await later.states(books, ana)]
    assert states == ["POSTED", "FAILED", "CANCELLED", "PENDING"]


async def _give(books: Books, api: Api, ana: Person, ben: Person) -> None:
    """Gifts that were spent, in part, expired, and wait; who took them takes none any more."""
    await gifts.accept(api, ben.main)
    cai = await books.open_person()
    for amount, days in (("4.00", 1), ("3.00", 2), ("5.00", 90), ("6.00", None)):
        end = {"expires_at": (books.clock.now() + days * DAY).isoformat()} if days else {}
        assert (await gifts.give(api, ana, cai, amount, **end)).status_code == 201
    for amount in ("4.50", "0.50"):
        assert (await gifts.spend(api, cai, ben, amount)).status_code == 201
    books.clock.move(2 * DAY)
    while await gifts.worker(books).fire_due():
        pass
    assert (await patch(api, ben.main, {"accepts_gifts": False})).status_code == 200
    states = {state for _, state in await gifts.left(api, cai)}
    assert states == {"SPENT", "EXPIRED", "OPEN"}


async def _exchange(books: Books, api: Api, ana: Person) -> None:
    await books.issue(ana.main, 100_000)
    await market.open_market(books, api)
    for promised in ({"quote": (await market.quote(api, ana)).json()["id"]}, {}):
        made = await market.exchange(api, ana, **promised)
        assert made.status_code == 201, made.text


async def _accept_price(books: Books, api: Api) -> None:
    await prices.new_schedule(books, api, {"tier": "PREMIUM", "kind": "percentage", "bps": 500})
    for released in (True, False):
        _, payee, escrow = await prices.funded(books)
        accepted = await prices.accept(api, payee, escrow, await prices.quote(api, payee))
        assert accepted.status_code == 200, accepted.text
        if released:
            await prices.carry_out(books, ReleaseEscrow(escrow_id=escrow))


async def _forget(books: Books, api: Api, ana: Person) -> None:
    """Promises are forgotten, what was done by them is not; new ones are made."""
    now = books.clock.now()
    async with books.transaction() as conn:
        await forget_quotes(conn, now=now + 30 * DAY)
        await forget_exchange_quotes(conn, now=now + 30 * DAY)
    for statement in ("fee_quote", "exchange_quote"):
        assert await books.value(f"SELECT count(*) FROM {statement}") == 0
    assert (await market.quote(api, ana)).status_code == 201
    await prices.quote(api, ana)
