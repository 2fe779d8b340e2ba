"""Runs: every strategy, what they leave, and that a run can be broken off anywhere."""

from datetime import timedelta

from services.ledger.tests.books import Books
from services.ledger.tests.reconciliation.bank import DAY, Bank, csv_of

EARLIER = DAY - timedelta(days=2)


async def test_the_same_reference_amount_and_day_match(books: Books) -> None:
    """Two pairs match; a line and an entry that have no other are left, and the summary ties out."""
    bank = await Bank.open(books)
    await bank.post((1000, "pay-1"), (-250, "PAY 2"), (70, "only ours"))
    day = str(DAY)
    file = csv_of([(day, "10.00", "PAY-1", ""), (day, "-2.50", "pay2", ""), (day, "0.33", "X", "")])
    await bank.bring(file, 0, 783)
    run = await bank.run()
    assert run.matched == {"exact": 2}
    assert (await bank.open_items("LINE"), await bank.open_items("ENTRY")) == ([3], [3])
    sums = (await bank.sum_up()).sums
    assert (sums.balance_minor, sums.closing_minor) == (820, 783)
    assert (sums.unmatched_entries, sums.unmatched_lines) == ((1, 70), (1, 33))
    assert sums.unexplained_minor == 0
    await books.check()
