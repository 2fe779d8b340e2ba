"""Runs: every strategy, what they leave, and that a run can be broken off anywhere."""

import random
from datetime import timedelta
from typing import Any

import pytest

from ledger.reconciliation.errors import NoStatement, RunInProgress, RunMoved
from ledger.reconciliation.matching.pause import pause_run
from ledger.reconciliation.matching.work import work_on_runs
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.reconciliation.bank import DAY, Bank, csv_of, resources_of

EARLIER = DAY - timedelta(days=2)


async def test_the_same_reference_amount_and_day_match(books: Books) -> None:
    """Two pairs match; a line and an entry without another are left, and the summary ties out."""
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


async def test_a_mirrored_account_owes_what_the_bank_holds(books: Books) -> None:
    """The bank's credit is the account's debit; the sums are in the account's sign."""
    bank = await Bank.open(books, mirrored=True)
    await bank.post((-1000, "pay-1"))
    await bank.bring(csv_of([(str(DAY), "10.00", "PAY-1", "")]), 0, 1000)
    assert (await bank.run()).matched == {"exact": 1}
    sums = (await bank.sum_up()).sums
    assert (sums.balance_minor, sums.closing_minor, sums.unexplained_minor) == (-1000, -1000, 0)


@pytest.mark.parametrize("page", [1, 7, 1000])
async def test_many_alike_are_matched_one_to_one(books: Books, page: int) -> None:
    """Thirty lines and thirty-two entries that are all the same: thirty pairs, two entries left."""
    bank = await Bank.open(books)
    await bank.post(*[(100, "same")] * 32)
    await bank.bring(csv_of([(str(DAY), "1.00", "same", "")] * 30), 0, 3000)
    assert (await bank.run(page)).matched == {"exact": 30}
    assert (await bank.open_items("LINE"), await bank.open_items("ENTRY")) == ([], [31, 32])


RULES: list[tuple[dict[str, Any], bool]] = [
    ({"name": "late", "days": 2}, True),
    ({"name": "late", "days": 1}, False),
    ({"name": "late", "days": 2, "amount_tolerance": "0.05"}, True),
    ({"name": "text", "days": 2, "reference": "pattern", "pattern": "order {ref},"}, True),
    ({"name": "text", "days": 2, "reference": "pattern", "pattern": "offer {ref},"}, False),
    ({"name": "any", "days": 2, "reference": "any"}, True),
]


@pytest.mark.parametrize(("rule", "matches"), RULES)
async def test_a_rule_matches_what_it_says(
    books: Books, rule: dict[str, Any], matches: bool
) -> None:
    """Two days late, under the same reference, a reference in the text, or none."""
    bank = await Bank.open(books, rules=[rule])
    await bank.post((1000, "A1"), day=EARLIER)
    await bank.bring(csv_of([(str(EARLIER), "0.01", "start", "")]), 0, 1, EARLIER)
    in_text = rule.get("reference") == "pattern"
    row = (str(DAY), "10.00", "bank-77" if in_text else "A1", '"your order a1, thanks"')
    await bank.bring(csv_of([row]), 1, 1001, DAY, "b.csv")
    assert (await bank.run()).matched == ({f"rule:{rule['name']}": 1} if matches else {})


async def test_a_tolerated_difference_is_a_term_of_the_summary(books: Books) -> None:
    """The bank kept five cents: within the rule it matches, and the summary names them."""
    bank = await Bank.open(books, rules=[{"name": "fees", "amount_tolerance": "0.05"}])
    await bank.post((1000, "A1"), (2000, "A2"))
    day = str(DAY)
    await bank.bring(csv_of([(day, "9.95", "A1", ""), (day, "19.94", "A2", "")]), 0, 2989)
    assert (await bank.run()).matched == {"rule:fees": 1}
    sums = (await bank.sum_up()).sums
    assert (sums.tolerated_minor, sums.unexplained_minor) == (5, 0)
    assert (sums.unmatched_entries, sums.unmatched_lines) == ((1, 2000), (1, 1994))


async def test_without_a_reference_only_lonely_pairs_match(books: Books) -> None:
    """Two lines of one amount are left: which of them is the entry would be a guess."""
    bank = await Bank.open(books, rules=[{"name": "any", "days": 2, "reference": "any"}])
    await bank.post((500, ""), (700, ""), (800, ""), (800, ""))
    day = str(DAY)
    rows = [
        (day, "5.00", "", ""),
        (day, "5.00", "", ""),
        (day, "7.00", "", ""),
        (day, "8.00", "", ""),
    ]
    await bank.bring(csv_of(rows), 0, 2500)
    assert (await bank.run()).matched == {"rule:any": 1}
    assert await bank.open_items("LINE") == [1, 2, 4]


async def test_batches_match_by_their_common_reference(books: Books) -> None:
    """One line for three entries, and three lines for one entry; a sum that is off matches none."""
    bank = await Bank.open(books)
    await bank.post((100, "B1"), (200, "B1"), (300, "B1"), (900, "B2"), (1, "B3"), (2, "B3"))
    day = str(DAY)
    rows = [(day, "6.00", "B1", ""), (day, "4.00", "B2", ""), (day, "4.00", "B2", "")]
    rows += [(day, "1.00", "B2", ""), (day, "0.04", "B3", "")]
    await bank.bring(csv_of(rows), 0, 1504)
    assert (await bank.run()).matched == {"one-to-many": 1, "many-to-one": 1}
    assert (await bank.open_items("LINE"), await bank.open_items("ENTRY")) == ([5], [5, 6])
    sums = (await bank.sum_up()).sums
    assert (sums.unmatched_lines, sums.unmatched_entries) == ((1, 4), (2, 3))
    assert sums.unexplained_minor == 0


@pytest.mark.parametrize("days", [None, 0])
async def test_subsets_are_searched_only_where_the_setup_says_so(
    books: Books, days: int | None
) -> None:
    """14 + 9 of 14, 9, 5 make 23 in one way only; without leave nothing is searched."""
    bank = await Bank.open(books, group_days=days)
    await bank.post((1400, "x"), (900, "y"), (500, "z"))
    await bank.bring(csv_of([(str(DAY), "23.00", "payout", "")]), 0, 2300)
    assert (await bank.run()).matched == ({} if days is None else {"subset": 1})
    assert await bank.open_items("ENTRY") == ([1, 2, 3] if days is None else [3])


async def test_an_ambiguous_subset_is_left_to_people(books: Books) -> None:
    """14 + 9 and 18 + 5 both make 23."""
    bank = await Bank.open(books, group_days=3)
    await bank.post((1400, "w"), (900, "x"), (1800, "y"), (500, "z"))
    await bank.bring(csv_of([(str(DAY), "23.00", "payout", "")]), 0, 2300)
    assert (await bank.run()).matched == {}


async def test_statements_in_the_middle_tie_out_with_what_is_in_transit(books: Books) -> None:
    """An entry of today matched with a line of tomorrow is in transit today; later it is not."""
    bank = await Bank.open(books, rules=[{"name": "late", "days": 3}])
    await bank.post((300, "before"), day=EARLIER - timedelta(days=1))
    await bank.post((1000, "A1"), (40, "A2"), day=EARLIER)
    await bank.bring(csv_of([(str(EARLIER), "0.40", "A2", "")]), 310, 350, EARLIER)
    await bank.bring(csv_of([(str(DAY), "10.00", "A1", "")]), 350, 1350, DAY, "b.csv")
    await bank.run()
    first, second = (await bank.sum_up(1)).sums, (await bank.sum_up(2)).sums
    assert (first.in_transit_minor, first.opening_difference_minor) == (1000, -10)
    assert (second.in_transit_minor, second.opening_difference_minor) == (0, -10)
    assert (first.unexplained_minor, second.unexplained_minor) == (0, 0)


async def test_entries_that_no_run_has_seen_are_a_term_too(books: Books) -> None:
    """Posted after the run, effective on the statement's last day."""
    bank = await Bank.open(books)
    await bank.post((100, "a"))
    await bank.bring(csv_of([(str(DAY), "1.00", "a", "")]), 0, 100)
    await bank.run()
    await bank.post((55, "late"))
    sums = (await bank.sum_up()).sums
    assert (sums.balance_minor, sums.unseen_minor, sums.unexplained_minor) == (155, 55, 0)


def shuffled(seed: int) -> tuple[list[tuple[int, str]], list[tuple[str, ...]], int]:
    """Entries, rows and the sum of the rows: most belong together in some way, some do not."""
    chance = random.Random(seed)
    entries: list[tuple[int, str]] = []
    rows: list[tuple[int, str]] = []
    for place in range(60):
        amount, reference = chance.choice([-1, 1]) * chance.randint(1, 400), f"R{place % 40}"
        kind = chance.randrange(5)
        if kind < 3:
            entries.append((amount, reference))
        if kind in (0, 1, 4):
            rows.append((amount, reference))
        if kind == 2:
            rows += [(amount - 1000, reference), (1000, reference)]
    chance.shuffle(rows)
    text: list[tuple[str, ...]] = [
        (str(DAY), f"{'-' * (a < 0)}{abs(a) // 100}.{abs(a) % 100:02}", r, "") for a, r in rows
    ]
    return entries, text, sum(amount for amount, _ in rows)


@pytest.mark.parametrize("seed", range(4))
async def test_a_run_in_small_pages_decides_as_one_in_large_pages(books: Books, seed: int) -> None:
    """Broken off after every page, another process would have gone on; and all of it ties out."""
    entries, rows, total = shuffled(seed)
    left = []
    for page in (3, 1000):
        bank = await Bank.open(books, rules=[{"name": "any", "reference": "any"}])
        await bank.post(*entries)
        await bank.bring(csv_of(rows), 0, total)
        run = await bank.run(page)
        left.append((await bank.open_items("LINE"), await bank.open_items("ENTRY"), run.matched))
        summary = await bank.sum_up()
        assert summary.sums.unexplained_minor == 0
        assert summary.sums.balance_minor - summary.sums.closing_minor == (
            summary.sums.unmatched_entries[1] - summary.sums.unmatched_lines[1]
        )
    assert left[0] == left[1]


async def test_a_page_that_fails_is_done_again_and_nothing_twice(books: Books) -> None:
    """The process dies before the commit: the run stands where it stood, and ends the same."""
    bank = await Bank.open(books)
    await bank.post(*[(100 + place, f"R{place}") for place in range(9)])
    await bank.bring(
        csv_of([(str(DAY), f"1.0{place}", f"R{place}", "") for place in range(9)]), 0, 936
    )
    run = await bank.start()
    await bank.step(run, 4)
    while (after := await bank.step(run, 4)) and after.state != "DONE":
        with pytest.raises(RuntimeError):
            await bank.step_and_die(run, 4)
    assert after is not None
    assert after.matched == {"exact": 9}
    assert (
        await books.value(
            "SELECT count(*) FROM reconciliation_decision WHERE account_id = $1", bank.account_id
        )
        == 9
    )


async def test_a_run_is_paused_and_goes_on_where_it_stood(books: Books) -> None:
    """Paused it does nothing; one at a time for an account; done it stays done."""
    bank = await Bank.open(books)
    with pytest.raises(NoStatement):
        await bank.start()
    await bank.post((100, "a"))
    await bank.bring(csv_of([(str(DAY), "1.00", "a", "")]), 0, 100)
    run = await bank.start()
    with pytest.raises(RunInProgress):
        await bank.start()
    async with books.transaction() as conn:
        await pause_run(conn, bank.account_id, run.id, "PAUSED", now=NOW)
    assert await bank.step(run) is None
    async with books.transaction() as conn:
        await pause_run(conn, bank.account_id, run.id, "ACTIVE", now=NOW)
    await work_on_runs(resources_of(books))
    async with books.transaction() as conn:
        with pytest.raises(RunMoved):
            await pause_run(conn, bank.account_id, run.id, "PAUSED", now=NOW)
    assert await bank.open_items("LINE") == []
    told = await books.value(
        "SELECT payload FROM outbox WHERE topic = 'ledger.reconciliation.v1' AND key = $1",
        str(bank.account_id),
    )
    assert '"matched":1' in told
    assert '"unexplained_minor":"0"' in told


async def test_a_run_that_cannot_go_on_is_paused_and_others_go_on(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    """A rule that no longer reads as one stops its own run only."""
    broken, well = await Bank.open(books), await Bank.open(books)
    for bank in (broken, well):
        await bank.bring(csv_of([(str(DAY), "1.00", "a", "")]), 0, 100)
    runs = [await broken.start(), await well.start()]
    async with books.scratch.connect("admin") as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(
            "UPDATE ledger.reconciliation_setup SET rules = '[{}]' WHERE account_id = $1",
            broken.account_id,
        )
    await work_on_runs(resources_of(books))
    states = [
        await books.value("SELECT state FROM reconciliation_run WHERE id = $1", run.id)
        for run in runs
    ]
    assert states == ["PAUSED", "DONE"]
