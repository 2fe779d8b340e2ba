"""Posting transfers on the real database."""

from datetime import timedelta

import pytest

from chassis.ids import new_id
from chassis.outbox import Cause
from contracts.ledger import TransferPosted
from ledger.journal.errors import InsufficientFunds
from ledger.journal.models import Declined, Movement, Posted, Transfer
from services.ledger.tests.books import NOW, Books, transfer


async def test_a_transfer_moves_money_and_tells(books: Books) -> None:
    """Both balances change, and the event says what the entries say."""
    ana, ben = await books.open_person(100), await books.open_person()
    wanted = Transfer(
        new_id(),
        "transfer",
        (Movement(ana.main, "LXC", -60), Movement(ben.main, "LXC", 60)),
        initiated_by=ana.id,
        metadata={"memo": "bicycle"},
        cause=Cause("request-1", None, None),
    )
    [verdict] = await books.post(wanted)
    assert isinstance(verdict, Posted)
    assert (await books.balance(ana.main), await books.balance(ben.main)) == (40, 60)
    [row] = await books.rows("SELECT * FROM outbox WHERE key = $1", str(wanted.id))
    event = TransferPosted.model_validate_json(row["payload"])
    assert event.audience() == (ana.id, ben.id)
    assert [(e.account_seq, e.amount_minor, e.balance_after_minor) for e in event.entries] == [
        (2, -60, 40),
        (1, 60, 60),
    ]
    assert row["headers"]["ce_correlationid"] == "request-1"
    [kept] = await books.rows("SELECT * FROM transfer WHERE id = $1", wanted.id)
    assert (kept["initiated_by"], kept["metadata"]) == (ana.id, {"memo": "bicycle"})
    assert (kept["correlation_id"], kept["posted_at"]) == ("request-1", NOW)


async def test_one_refusal_harms_no_other(books: Books) -> None:
    """In one batch each transfer has its own verdict, and the refused attempt is kept."""
    ana, ben = await books.open_person(100), await books.open_person()
    good, bad, last = (transfer(ana.main, ben.main, amount) for amount in (70, 31, 30))
    verdicts = await books.post(good, bad, last)
    assert [type(verdict) for verdict in verdicts] == [Posted, Declined, Posted]
    assert await books.balance(ben.main) == 100
    [row] = await books.rows("SELECT * FROM refused_attempt WHERE transfer_id = $1", bad.id)
    assert (row["account_id"], row["rule"]) == (ana.main, "insufficient-funds")
    assert (row["limit_minor"], row["beyond_minor"], row["asset"]) == (0, 1, "LXC")
    await books.check()


async def test_several_postings_are_one_transfer(books: Books) -> None:
    """A payment with a fee is all or nothing."""
    ana, ben, cleo = [await books.open_person(amount) for amount in (100, 0, 0)]

    def split(total: int) -> Transfer:
        return Transfer(
            new_id(),
            "payment",
            (
                Movement(ana.main, "LXC", -total),
                Movement(ben.main, "LXC", total - 1),
                Movement(cleo.main, "LXC", 1),
            ),
        )

    fine, short = await books.post(split(80), split(21))
    assert isinstance(fine, Posted)
    assert isinstance(short, Declined)
    assert isinstance(short.problem, InsufficientFunds)
    assert [await books.balance(one.main) for one in (ana, ben, cleo)] == [20, 79, 1]


@pytest.mark.parametrize("amount", [10**20, 10**38 - 1])
async def test_amounts_wider_than_64_bits_are_exact(own_books: Books, amount: int) -> None:
    """Nothing on the way to the database and back rounds."""
    ana, ben = await own_books.open_person(amount), await own_books.open_person()
    await own_books.post(transfer(ana.main, ben.main, amount - 7))
    assert await own_books.balance(ana.main) == 7
    assert await own_books.balance(ben.main) == amount - 7
    await own_books.check()


async def test_a_clock_that_lags_keeps_the_chain_in_order(books: Books) -> None:
    """Entries carry the later of the clock and the entry before."""
    ana, ben = await books.open_person(100), await books.open_person()
    books.clock.move(timedelta(hours=-1))
    [verdict] = await books.post(transfer(ana.main, ben.main, 1))
    books.clock.move(timedelta(hours=1))
    assert isinstance(verdict, Posted)
    assert verdict.posted_at == NOW


async def test_odd_texts_stay_with_their_own_transfer(books: Books) -> None:
    """Columns of a batch travel as one text each: a separator in a value shifts nothing."""
    ana, ben = await books.open_person(100), await books.open_person()
    odd = ["plain", None, "with \x1f inside", "", 'comma, quote " and \\', "\x1f"]
    wanted = [
        Transfer(
            new_id(),
            "transfer",
            (Movement(ana.main, "LXC", -1), Movement(ben.main, "LXC", 1)),
            initiated_by=ana.id if number % 2 else None,
            metadata={"memo": text},
            cause=Cause(text),
        )
        for number, text in enumerate(odd)
    ]
    await books.post(*wanted)
    rows = await books.rows(
        "SELECT id, metadata, initiated_by, correlation_id FROM transfer WHERE id = ANY($1) "
        "ORDER BY id",
        [one.id for one in wanted],
    )
    assert [row["id"] for row in rows] == [one.id for one in wanted]
    assert [row["metadata"]["memo"] for row in rows] == odd
    assert [row["initiated_by"] for row in rows] == [None, ana.id] * 3
    assert [row["correlation_id"] for row in rows] == [
        "plain",
        None,
        "with  inside",
        None,
        'comma, quote " and \\',
        None,
    ]
