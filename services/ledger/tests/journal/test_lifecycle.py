"""Deciding transfers: a table of rules, and a naive model that must agree."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from chassis.problems import Problem
from contracts.money import MAX_MINOR
from ledger.journal import errors
from ledger.journal.lifecycle import decide
from ledger.journal.models import Declined, Movement, Position, Posted, Transfer
from services.ledger.tests.books import NOW, transfer

ANA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)


def position(account_id: UUID, balance_minor: int = 0, **policies: Any) -> Position:
    """An account with a balance, in LXC unless said."""
    plain = Position(
        account_id=account_id,
        owner_id=account_id,
        account_type="MAIN",
        asset="LXC",
        floor_minor=0,
        ceiling_minor=None,
        frozen=False,
        closed=False,
        account_seq=1 if balance_minor else 0,
        balance_minor=balance_minor,
        held_minor=0,
        posted_at=None,
    )
    return replace(plain, **policies)


def positions(*found: Position) -> dict[UUID, Position]:
    """Positions by account."""
    return {one.account_id: one for one in found}


def test_a_transfer_continues_both_chains() -> None:
    """Each entry has the next seq and the balance after it."""
    [verdict] = decide(positions(position(ANA, 100), position(BEN)), [transfer(ANA, BEN, 60)], NOW)
    assert isinstance(verdict, Posted)
    assert [(e.account_seq, e.balance_after_minor) for e in verdict.entries] == [(2, 40), (1, 60)]
    assert verdict.effective_at == verdict.posted_at == NOW


def test_money_received_can_be_sent_on_in_the_same_batch() -> None:
    """Each transfer is decided on what the ones before it left."""
    wanted = [transfer(ANA, BEN, 60), transfer(BEN, CLEO, 50), transfer(BEN, CLEO, 11)]
    found = positions(position(ANA, 100), position(BEN), position(CLEO))
    first, second, third = decide(found, wanted, NOW)
    assert isinstance(first, Posted)
    assert isinstance(second, Posted)
    assert isinstance(third, Declined)


def test_a_declined_transfer_leaves_no_trace_in_the_next() -> None:
    """One refusal harms no other, even where its first movement would have been fine."""
    half = Transfer(
        new_id(),
        "transfer",
        (Movement(ANA, "LXC", -50), Movement(BEN, "LXC", -50), Movement(CLEO, "LXC", 100)),
    )
    found = positions(position(ANA, 100), position(BEN), position(CLEO))
    refused, fine = decide(found, [half, transfer(ANA, CLEO, 100)], NOW)
    assert isinstance(refused, Declined)
    assert isinstance(fine, Posted)
    assert fine.entries[0].account_seq == 2


def test_a_shortfall_is_told_in_figures() -> None:
    """The attempt names the limit and by how much it was missed."""
    [verdict] = decide(positions(position(ANA, 100), position(BEN)), [transfer(ANA, BEN, 150)], NOW)
    assert isinstance(verdict, Declined)
    assert (verdict.account_id, verdict.limit_minor, verdict.beyond_minor) == (ANA, 0, 50)
    assert verdict.problem.facts["short_by"] == "0.50"
    assert verdict.problem.detail == "1.50 LXC is needed, 1.00 is available: 0.50 is missing"


def hold(held_minor: int) -> Transfer:
    """Set money of Ana's aside, or let it go."""
    return Transfer(new_id(), "reservation", (Movement(ANA, "LXC", 0, held_minor),))


PLAIN = positions(position(ANA, 100), position(BEN))
WRONG: list[tuple[str, dict[UUID, Position], Transfer, type[Problem]]] = [
    ("zero", PLAIN, transfer(ANA, BEN, 0), errors.TransferMalformed),
    ("same account", PLAIN, transfer(ANA, ANA, 5), errors.TransferMalformed),
    (
        "one movement",
        PLAIN,
        Transfer(new_id(), "x", (Movement(ANA, "LXC", 1),)),
        errors.TransferMalformed,
    ),
    (
        "unbalanced",
        PLAIN,
        Transfer(new_id(), "x", (Movement(ANA, "LXC", -2), Movement(BEN, "LXC", 1))),
        errors.TransferMalformed,
    ),
    (
        "balanced only across assets",
        PLAIN,
        Transfer(new_id(), "x", (Movement(ANA, "LXC", -2), Movement(BEN, "EUR", 2))),
        errors.TransferMalformed,
    ),
    (
        "future",
        PLAIN,
        replace(transfer(ANA, BEN, 5), effective_at=NOW + timedelta(seconds=1)),
        errors.NotYetEffective,
    ),
    ("unknown", PLAIN, transfer(ANA, CLEO, 5), errors.UnknownAccount),
    ("other asset", PLAIN, transfer(ANA, BEN, 5, "EUR"), errors.WrongAsset),
    (
        "closed destination",
        positions(position(ANA, 100), position(BEN, closed=True)),
        transfer(ANA, BEN, 5),
        errors.AccountClosed,
    ),
    (
        "closed before short",
        positions(position(ANA, 1, closed=True, frozen=True), position(BEN)),
        transfer(ANA, BEN, 5),
        errors.AccountClosed,
    ),
    (
        "frozen source",
        positions(position(ANA, 100, frozen=True), position(BEN)),
        transfer(ANA, BEN, 5),
        errors.AccountFrozen,
    ),
    (
        "held money",
        positions(position(ANA, 100, held_minor=96), position(BEN)),
        transfer(ANA, BEN, 5),
        errors.InsufficientFunds,
    ),
    ("short", PLAIN, transfer(ANA, BEN, 101), errors.InsufficientFunds),
    ("more to be held than there is", PLAIN, hold(101), errors.InsufficientFunds),
    ("less held than is let go", PLAIN, hold(-1), errors.TransferMalformed),
    (
        "held in the past",
        PLAIN,
        replace(hold(1), effective_at=NOW - timedelta(days=1)),
        errors.TransferMalformed,
    ),
    (
        "held in a frozen account",
        positions(position(ANA, 100, frozen=True)),
        hold(1),
        errors.AccountFrozen,
    ),
    (
        "let go in a closed account",
        positions(position(ANA, 100, held_minor=5, closed=True)),
        hold(-5),
        errors.AccountClosed,
    ),
    (
        "ceiling",
        positions(position(ANA, 100), position(BEN, 8, ceiling_minor=10)),
        transfer(ANA, BEN, 3),
        errors.CeilingExceeded,
    ),
    (
        "digits",
        positions(position(ANA, floor_minor=None), position(BEN, MAX_MINOR)),
        transfer(ANA, BEN, 1),
        errors.CeilingExceeded,
    ),
    (
        "digits below zero",
        positions(position(ANA, -MAX_MINOR, floor_minor=None), position(BEN)),
        transfer(ANA, BEN, 1),
        errors.CeilingExceeded,
    ),
]


@pytest.mark.parametrize(
    ("found", "wanted", "problem"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_each_rule_declines(
    found: dict[UUID, Position], wanted: Transfer, problem: type[Problem]
) -> None:
    """Every rule has its own problem, in the documented order."""
    [verdict] = decide(found, [wanted], NOW)
    assert isinstance(verdict, Declined)
    assert type(verdict.problem) is problem


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (PLAIN, transfer(ANA, BEN, 100)),
        (positions(position(ANA, 100), position(BEN, frozen=True)), transfer(ANA, BEN, 5)),
        (positions(position(ANA, floor_minor=-5), position(BEN)), transfer(ANA, BEN, 5)),
        (positions(position(ANA, floor_minor=None), position(BEN)), transfer(ANA, BEN, 10**30)),
        (positions(position(ANA, 9), position(BEN, 7, ceiling_minor=10)), transfer(ANA, BEN, 3)),
        (positions(position(ANA, 9), position(BEN, -7, floor_minor=-3)), transfer(ANA, BEN, 3)),
        (PLAIN, replace(transfer(ANA, BEN, 5), effective_at=NOW - timedelta(days=9))),
        (PLAIN, hold(100)),
        (positions(position(ANA, 9, held_minor=5, frozen=True)), hold(-5)),
        (positions(position(ANA, 9, held_minor=5, ceiling_minor=3)), hold(-5)),
        (positions(position(ANA, 1, held_minor=5)), hold(-2)),
    ],
    ids=[
        "all",
        "into frozen",
        "overdraft",
        "no floor",
        "to the ceiling",
        "back up",
        "backdated",
        "hold all",
        "let go frozen",
        "let go above the ceiling",
        "let go below the floor",
    ],
)
def test_what_is_allowed_up_to_the_limit(found: dict[UUID, Position], wanted: Transfer) -> None:
    """A limit itself may be reached, and money may always come back towards it."""
    [verdict] = decide(found, [wanted], NOW)
    assert isinstance(verdict, Posted)


def test_entries_are_never_posted_before_the_one_they_continue() -> None:
    """A clock that lags behind another process's does not turn a chain back in time."""
    later = NOW + timedelta(seconds=3)
    found = positions(position(ANA, 100, posted_at=later), position(BEN))
    [verdict] = decide(found, [transfer(ANA, BEN, 5)], NOW)
    assert isinstance(verdict, Posted)
    assert verdict.posted_at == later


ACCOUNTS = [UUID(int=number) for number in range(5)]
AMOUNTS = st.integers(min_value=-40, max_value=40)


@st.composite
def movements(draw: st.DrawFn) -> tuple[Movement, ...]:
    """Movements between few accounts: often balanced, sometimes not."""
    chosen = draw(st.lists(st.sampled_from(ACCOUNTS), min_size=1, max_size=4))
    amounts = [draw(AMOUNTS) for _ in chosen]
    if draw(st.booleans()):
        amounts[-1] = -sum(amounts[:-1])
    return tuple(
        Movement(account, "LXC", amount) for account, amount in zip(chosen, amounts, strict=True)
    )


@given(
    start=st.lists(st.integers(0, 60), min_size=5, max_size=5),
    wanted=st.lists(movements(), max_size=30),
    ceiling=st.one_of(st.none(), st.integers(0, 80)),
    frozen=st.sampled_from([None, *ACCOUNTS]),
)
@settings(max_examples=300)
def test_decisions_agree_with_a_naive_model(
    start: list[int],
    wanted: list[tuple[Movement, ...]],
    ceiling: int | None,
    frozen: UUID | None,
) -> None:
    """A book of plain balances, written the simple way, comes to the same verdicts and sums."""
    found = positions(
        *(
            position(account, balance, ceiling_minor=ceiling, frozen=account == frozen)
            for account, balance in zip(ACCOUNTS, start, strict=True)
        )
    )
    transfers = [Transfer(new_id(), "transfer", one) for one in wanted]
    verdicts = decide(found, transfers, NOW)
    book = dict(zip(ACCOUNTS, start, strict=True))
    for one, verdict in zip(wanted, verdicts, strict=True):
        after = dict(book)
        for movement in one:
            after[movement.account_id] += movement.amount_minor
        allowed = (
            len(one) > 1
            and len({m.account_id for m in one}) == len(one)
            and sum(m.amount_minor for m in one) == 0
            and all(m.amount_minor for m in one)
            and all(after[m.account_id] >= 0 for m in one if m.amount_minor < 0)
            and all(m.account_id != frozen for m in one if m.amount_minor < 0)
            and all(
                ceiling is None or after[m.account_id] <= ceiling for m in one if m.amount_minor > 0
            )
        )
        assert isinstance(verdict, Posted) is allowed
        book = after if allowed else book
    posted = [verdict for verdict in verdicts if isinstance(verdict, Posted)]
    last = {entry.account_id: entry for one in posted for entry in one.entries}
    assert {account: entry.balance_after_minor for account, entry in last.items()} == {
        account: book[account] for account in last
    }
    assert sum(book.values()) == sum(start)
