"""An escrow that is settled in two parts: exact sums, the fee of the payee's part, once."""

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ledger import FundEscrow, RefundEscrow, ReleaseEscrow, SplitEscrow
from ledger.escrow.errors import EscrowPartsDiffer, EscrowSettled
from ledger.fees.lifecycle import share
from ledger.fees.models import Fee, Price
from services.ledger.tests.books import Books
from services.ledger.tests.escrow.test_carry_out import carry_out, events_of, fees, fund

__all__ = ["carry_out", "fund", "split"]


def split(funding: FundEscrow, payer_minor: int) -> SplitEscrow:
    """A command that gives the payer a part of an escrow back."""
    return SplitEscrow(
        escrow_id=funding.escrow_id,
        payee_minor=funding.amount_minor - payer_minor,
        payer_minor=payer_minor,
        reason="the bell is missing",
    )


async def test_both_parts_arrive_and_the_fee_is_of_the_payees(books: Books) -> None:
    """75.00 with 25.00 back, at one per cent: 49.50 to the payee, 0.50 of fee, once."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    before = await fees(books)
    funding = fund(ben, ana)
    await carry_out(books, funding, split(funding, 2_500), split(funding, 2_500))
    await carry_out(books, split(funding, 2_500), ReleaseEscrow(escrow_id=funding.escrow_id))
    balances = [await books.balance(one) for one in (ana.main, ben.main, ben.escrow)]
    assert (balances, await fees(books) - before) == ([4_950, 5_000, 0], 50)
    assert await events_of(books, funding.escrow_id) == [("EscrowFunded", 1), ("EscrowReleased", 2)]
    said = await books.value(
        "SELECT payload FROM outbox WHERE key = $1 ORDER BY id DESC LIMIT 1", str(funding.escrow_id)
    )
    assert '"refunded_minor":"2500"' in said
    await books.check()


async def test_parts_that_are_not_the_whole_are_refused(books: Books) -> None:
    """One minor unit more or less: nothing moves, and the escrow waits on."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, funding)
    for change in (-1, 1):
        wrong = split(funding, 2_500).model_copy(update={"payee_minor": 5_000 + change})
        with pytest.raises(EscrowPartsDiffer):
            await carry_out(books, wrong)
    assert await books.balance(ben.escrow) == 7_500


async def test_what_was_split_is_settled(books: Books) -> None:
    """Neither refunded nor split in other parts."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, funding, split(funding, 1))
    for late in (RefundEscrow(escrow_id=funding.escrow_id, reason="late"), split(funding, 2)):
        with pytest.raises(EscrowSettled):
            await carry_out(books, late)
    assert await books.balance(ben.main) == 2_501


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'RELEASED', fee_minor = 1, refunded_minor = 7500", "escrow_parts_within_amount"),
        ("state = 'RELEASED', fee_minor = 1, refunded_minor = 7499", "escrow_parts_within_amount"),
        ("state = 'RELEASED', fee_minor = 1, refunded_minor = 0", "escrow_refund_positive"),
        ("state = 'REFUNDED', refunded_minor = 10", "escrow_refund_when_released"),
    ],
)
async def test_the_database_holds_the_parts(books: Books, change: str, constraint: str) -> None:
    """Whatever the service would write: parts within the whole, and only of what was released."""
    ana, ben = await books.open_person(), await books.open_person(10_000)
    funding = fund(ben, ana)
    await carry_out(books, funding)
    statement = f"UPDATE escrow SET version = 2, settled_by = id, {change} WHERE id = $1"
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with books.writing("ledger") as conn:
            await conn.execute(statement, funding.escrow_id)
    assert refused.value.constraint_name == constraint


@given(
    st.integers(2, 10**6),
    st.lists(st.integers(1, 10**5), max_size=3),
    st.integers(1, 10**6),
)
def test_a_share_of_a_promise_is_never_more_than_its_proportion(
    whole: int, taken: list[int], part: int
) -> None:
    """Rounded down, nothing for nothing, and something is always left to the payee."""
    promised = Price(whole, tuple(Fee("PLATFORM", minor) for minor in taken))
    if promised.fee_minor >= whole or part > whole:
        return
    shared = share(promised, part)
    assert shared.fee_minor * whole <= promised.fee_minor * part
    assert all(fee.amount_minor > 0 for fee in shared.fees)
    assert shared.net_minor >= 1
