"""Commands over escrows on the real database: orders, duplicates, refusals, SQL's own rules."""

import itertools
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.outbox import Cause
from chassis.problems import Problem
from contracts.ledger import FundEscrow, RefundEscrow, ReleaseEscrow
from contracts.messages import MESSAGES
from ledger.escrow.carry_out import carry_out_commands
from ledger.escrow.errors import EscrowNotFunded, EscrowSettled, EscrowTermsDiffer
from ledger.escrow.models import EscrowCommand
from ledger.fees import queries
from ledger.fees.models import Bracket, Rule, Schedule
from services.ledger.tests.books import NOW, Books, Person


def fund(payer: Person, payee: Person, amount_minor: int = 7_500, asset: str = "LXC") -> FundEscrow:
    """A command to fund a new escrow."""
    return FundEscrow(
        escrow_id=new_id(),
        payer_id=payer.id,
        payee_id=payee.id,
        amount_minor=amount_minor,
        asset=asset,
    )


async def carry_out(books: Books, *commands: EscrowCommand, fee_bps: int = 100) -> None:
    """Carry out commands in one transaction."""
    async with books.transaction() as conn:
        await carry_out_commands(
            conn, [(command, Cause()) for command in commands], now=NOW, fee_bps=fee_bps
        )


async def events_of(books: Books, escrow_id: UUID) -> list[tuple[str, int]]:
    """What was said about an escrow, in order."""
    rows = await books.rows(
        "SELECT headers, payload FROM outbox WHERE key = $1 ORDER BY id", str(escrow_id)
    )
    found = [
        MESSAGES[row["headers"]["ce_type"]].model_validate_json(row["payload"]) for row in rows
    ]
    return [(type(event).__name__, event.aggregate_version() or 0) for event in found]


async def fees(books: Books) -> int:
    """What the platform has taken so far."""
    return int(
        await books.value(
            "SELECT coalesce(sum(balance_minor), 0) FROM account_balances WHERE type = 'FEES'"
        )
    )


async def test_the_journey_of_a_trade(books: Books) -> None:
    """75.00 at one per cent: the payee gets 74.25, the platform 0.75, the payer paid 75.00."""
    ana, ben = await books.open_person(10_000), await books.open_person(10_000)
    before = await fees(books)
    funding = fund(ben, ana)
    await carry_out(books, funding)
    assert (await books.balance(ben.main), await books.balance(ben.escrow)) == (2_500, 7_500)
    await carry_out(books, ReleaseEscrow(escrow_id=funding.escrow_id))
    balances = [await books.balance(one) for one in (ana.main, ben.main, ben.escrow)]
    assert balances == [17_425, 2_500, 0]
    assert await fees(books) - before == 75
    assert await events_of(books, funding.escrow_id) == [
        ("EscrowFunded", 1),
        ("EscrowReleased", 2),
    ]
    await books.check()


async def test_a_refund_gives_all_of_it_back(books: Books) -> None:
    """No fee is taken from what was not delivered."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, funding)
    await carry_out(books, RefundEscrow(escrow_id=funding.escrow_id, reason="cancelled"))
    assert (await books.balance(ben.main), await books.balance(ben.escrow)) == (10_000, 0)
    assert await events_of(books, funding.escrow_id) == [
        ("EscrowFunded", 1),
        ("EscrowRefunded", 2),
    ]


async def test_a_payer_without_funds_is_refused_with_the_reason(books: Books) -> None:
    """Nothing moves; the event names the problem in figures, to the payer alone."""
    ana, ben = await books.open_person(), await books.open_person(5_000)
    funding = fund(ben, ana)
    await carry_out(books, funding)
    assert await books.balance(ben.main) == 5_000
    [row] = await books.rows(
        "SELECT payload, headers FROM outbox WHERE key = $1", str(funding.escrow_id)
    )
    assert '"problem":"insufficient-funds"' in row["payload"]
    assert "75.00 LXC is needed, 50.00 is available" in row["payload"]
    assert row["headers"]["ce_audience"] == str(ben.id)
    [attempt] = await books.rows("SELECT * FROM refused_attempt WHERE account_id = $1", ben.main)
    assert (attempt["rule"], attempt["beyond_minor"]) == ("insufficient-funds", 2_500)


@pytest.mark.parametrize("case", ["payee unknown", "payer unknown", "oneself", "asset"])
async def test_escrow_that_cannot_be_is_refused(books: Books, case: str) -> None:
    """Unknown people, oneself and an asset nobody holds: refused, and told."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    stranger = Person(new_id(), new_id(), new_id(), new_id())
    funding = {
        "payee unknown": fund(ben, stranger),
        "payer unknown": fund(stranger, ana),
        "oneself": fund(ben, ben),
        "asset": fund(ben, ana, asset="XYZ"),
    }[case]
    await carry_out(books, funding)
    assert await events_of(books, funding.escrow_id) == [("EscrowRefused", 1)]
    assert await books.balance(ben.main) == 10_000


async def test_a_refused_escrow_closes_empty(books: Books) -> None:
    """A refund after a refusal ends the saga, and moves nothing."""
    ana, ben = await books.open_person(), await books.open_person()
    funding = fund(ben, ana)
    refund = RefundEscrow(escrow_id=funding.escrow_id, reason="cancelled")
    await carry_out(books, funding, refund, refund)
    assert await events_of(books, funding.escrow_id) == [
        ("EscrowRefused", 1),
        ("EscrowRefunded", 2),
    ]
    assert (await books.balance(ben.main), await books.balance(ben.escrow)) == (0, 0)


async def test_a_refund_before_the_funding_refuses_it(books: Books) -> None:
    """Funding that comes late finds the escrow closed; its parties are told both, none skipped."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, RefundEscrow(escrow_id=funding.escrow_id, reason="expired"))
    assert await events_of(books, funding.escrow_id) == []
    await carry_out(books, funding)
    await carry_out(books, funding)
    assert await events_of(books, funding.escrow_id) == [
        ("EscrowRefused", 1),
        ("EscrowRefunded", 2),
    ]
    assert await books.balance(ben.main) == 10_000


ORDERS = sorted(
    {
        order
        for size in range(1, 5)
        for order in itertools.product(("fund", "release", "refund"), repeat=size)
    }
)


async def test_every_order_of_commands_keeps_the_money(own_books: Books) -> None:
    """All 120 orders with repeats: money is with one of the three, and never twice."""
    ana, ben = await own_books.open_person(), await own_books.open_person(1_000_000)
    for order in ORDERS:
        funding = fund(ben, ana, 100)
        commands: dict[str, EscrowCommand] = {
            "fund": funding,
            "release": ReleaseEscrow(escrow_id=funding.escrow_id),
            "refund": RefundEscrow(escrow_id=funding.escrow_id, reason="cancelled"),
        }
        paid, kept = await own_books.balance(ana.main), await own_books.balance(ben.main)
        for word in order:
            try:
                await carry_out(own_books, commands[word])
            except (EscrowNotFunded, EscrowSettled):
                continue
        settled = (
            [word for word in order[order.index("fund") :] if word != "fund"]
            if ("fund" in order)
            else []
        )
        closed_first = "refund" in order[: order.index("fund")] if "fund" in order else True
        released = bool(settled) and settled[0] == "release" and not closed_first
        waiting = "fund" in order and not closed_first and not settled
        moved = 100 if released or waiting else 0
        assert await own_books.balance(ben.main) == kept - moved, order
        assert await own_books.balance(ana.main) == paid + (99 if released else 0), order
        assert await own_books.balance(ben.escrow) == (100 if waiting else 0), order
        if waiting:
            await carry_out(own_books, commands["refund"])
    await own_books.check()


async def test_a_batch_is_carried_out_in_order(own_books: Books) -> None:
    """Many escrows, several commands each, in one transaction."""
    ana, ben = await own_books.open_person(), await own_books.open_person(1_000)
    fundings = [fund(ben, ana, 100) for _ in range(12)]
    releases = [ReleaseEscrow(escrow_id=one.escrow_id) for one in fundings[:5]]
    refunds = [RefundEscrow(escrow_id=one.escrow_id, reason="no") for one in fundings[5:]]
    await carry_out(own_books, *fundings, *releases, *refunds)
    # Ten can be funded; five of them are released, the others come back.
    assert await own_books.balance(ana.main) == 5 * 99
    assert await own_books.balance(ben.main) == 500
    states = await own_books.rows("SELECT state, count(*) FROM escrow GROUP BY state ORDER BY 1")
    assert [tuple(row) for row in states] == [("REFUNDED", 7), ("RELEASED", 5)]
    await own_books.check()


async def test_other_terms_are_refused(books: Books) -> None:
    """The same escrow cannot be funded again with another amount."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, funding)
    with pytest.raises(EscrowTermsDiffer):
        await carry_out(books, funding.model_copy(update={"amount_minor": 1}))
    assert await books.balance(ben.escrow) == 7_500


async def test_a_release_that_cannot_be_paid_changes_nothing(books: Books) -> None:
    """A payee whose account was closed meanwhile: the command is refused, the money stays."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, funding)
    await books.rows("UPDATE account SET closed = true WHERE id = $1 RETURNING id", ana.main)
    with pytest.raises(Problem, match="closed account"):
        await carry_out(books, ReleaseEscrow(escrow_id=funding.escrow_id))
    assert await books.balance(ben.escrow) == 7_500
    assert (
        await books.value("SELECT state FROM escrow WHERE id = $1", funding.escrow_id) == "FUNDED"
    )


async def test_without_a_fee_no_fee_account_is_touched(books: Books) -> None:
    """At 0 per cent, or where the share is below one unit, the payee gets all."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    before = await fees(books)
    for amount, bps in ((7_500, 0), (99, 100)):
        funding = fund(ben, ana, amount)
        await carry_out(books, funding, fee_bps=bps)
        await carry_out(books, ReleaseEscrow(escrow_id=funding.escrow_id), fee_bps=bps)
    assert await books.balance(ana.main) == 7_599
    assert await fees(books) == before


async def test_a_release_pays_each_tier_by_the_schedule_in_force(own_books: Books) -> None:
    """What was funded before is priced at the time of its release, itemised, an account a tier."""
    ana, ben = await own_books.open_person(), await own_books.open_person(20_000)
    rules = (
        Rule("NETWORK", "flat", flat_minor=5),
        Rule("PLATFORM", "percentage", (Bracket(None, 200),), max_minor=100),
    )
    async with own_books.transaction() as conn:
        version = Schedule(
            new_id(),
            "escrow.release",
            "LXC",
            None,
            NOW,
            rules,
            "x",
            ben.id,
            NOW - timedelta(days=1),
        )
        assert await queries.insert_schedule(conn, version)
    funding = fund(ben, ana)
    await carry_out(own_books, funding)
    await carry_out(own_books, ReleaseEscrow(escrow_id=funding.escrow_id))
    assert await own_books.balance(ana.main) == 7_500 - 100 - 5
    rows = await own_books.rows(
        "SELECT name, balance_minor FROM account_balances WHERE type = 'FEES' ORDER BY name"
    )
    assert [tuple(row) for row in rows] == [("", 100), ("NETWORK", 5)]
    kept = await own_books.value("SELECT metadata FROM transfer WHERE kind = 'escrow.release'")
    assert kept["fees"]["items"] == [["PLATFORM", "100"], ["NETWORK", "5"]]
    assert await own_books.value("SELECT fee_minor FROM escrow") == 105
    await own_books.check()


ILLEGAL = {
    "escrow_move_legal": "state = 'FUNDED', version = 3, settled_by = NULL",
    "escrow_version_follows": "state = 'RELEASED', version = 4, fee_minor = 0",
    "escrow_terms_never_change": "version = 3, amount_minor = 1",
}


@pytest.mark.parametrize("role", ["ledger", "migrator"])
@pytest.mark.parametrize("rule", ILLEGAL)
async def test_sql_refuses_illegal_moves(books: Books, role: str, rule: str) -> None:
    """A settled escrow stays settled, whoever writes."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, funding, RefundEscrow(escrow_id=funding.escrow_id, reason="x"))
    async with books.scratch.connect(role) as conn:
        if role == "migrator":
            await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(
                f"UPDATE escrow SET {ILLEGAL[rule]} WHERE id = $1", funding.escrow_id
            )
    assert refused.value.constraint_name == rule


@pytest.mark.parametrize("state", ["RELEASED", "REFUNDED"])
async def test_sql_refuses_an_escrow_that_begins_settled(books: Books, state: str) -> None:
    """Money that was never set aside cannot have been paid out."""
    with pytest.raises(asyncpg.CheckViolationError, match="escrow_begins"):
        await books.rows(
            "INSERT INTO escrow (id, payer_id, payee_id, asset, amount_minor, state, version, "
            "fee_minor, funded_by, settled_by, created_at, changed_at) "
            "VALUES ($1, $2, $3, 'LXC', 5, $4, 1, CASE WHEN $4 = 'RELEASED' THEN 0 END, $2, $2, "
            "$5, $5) RETURNING id",
            new_id(), new_id(), new_id(), state, NOW,
        )  # fmt: skip
