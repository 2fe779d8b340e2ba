"""What runs and comparisons decide, as tables and properties."""

import itertools
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.marketplace_trades import TradeState
from ledger.reconciliation.matching.subsets import CANDIDATES_MAX, PARTS_MAX, find_subset
from ledger.reconciliation.rules import Rule, normalise
from ledger.reconciliation.trades.lifecycle import SETTLED, compare
from ledger.reconciliation.trades.models import Agreement, Terms, Told

amounts = st.lists(st.integers(1, 60), min_size=0, max_size=9)


@given(st.integers(1, 150), amounts, st.booleans())
def test_a_subset_is_found_only_when_it_is_the_only_one(
    target: int, sizes: list[int], negative: bool
) -> None:
    """As trying out all subsets of two to six says; the sign changes nothing."""
    sign = -1 if negative else 1
    every = [
        places
        for count in range(2, PARTS_MAX + 1)
        for places in itertools.combinations(range(len(sizes)), count)
        if sum(sizes[place] for place in places) == target
    ]
    found = find_subset(sign * target, [sign * size for size in sizes])
    assert found == (every[0] if len(every) == 1 else None)


def test_too_many_candidates_are_left_to_people() -> None:
    """The more amounts, the more sums are made by accident."""
    assert find_subset(3, [1, 2, *[50] * (CANDIDATES_MAX - 2)]) == (0, 1)
    assert find_subset(3, [1, 2, *[50] * (CANDIDATES_MAX - 1)]) is None


@pytest.mark.parametrize(
    ("pattern", "details", "expected"),
    [
        ("Order {ref} paid", "your order a-17 paid in full", "A-17"),
        ("Order {ref} paid", "order  paid", None),
        ("(.*) {ref}", "(.*) x1", "X1"),
        ("(.*) {ref}", "anything x1", None),
    ],
)
def test_a_rules_pattern_is_text_with_one_gap(
    pattern: str, details: str, expected: str | None
) -> None:
    """What looks like a regular expression is taken as it is written."""
    assert Rule(name="r", reference="pattern", pattern=pattern).key_of("", details) == expected


def test_a_pattern_takes_little_time_for_any_text() -> None:
    """A line of half a thousand characters cannot make it search for long."""
    rule = Rule(name="r", reference="pattern", pattern="a{ref}b")
    assert rule.key_of("", "a" * 500) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"reference": "pattern"},
        {"pattern": "x {ref}"},
        {"reference": "pattern", "pattern": "no gap"},
        {"reference": "pattern", "pattern": "{ref} {ref}"},
        {"days": 32},
        {"name": "With Spaces"},
    ],
)
def test_a_rule_that_means_nothing_is_refused(fields: dict[str, Any]) -> None:
    """Said when it is declared, not when a run meets it."""
    with pytest.raises(ValidationError):
        Rule.model_validate({"name": "r", **fields})


def test_references_are_compared_without_case_and_space() -> None:
    """Banks change both."""
    assert normalise(" pay\u00a01-a\n") == "PAY1-A"


def agreement(trade: str | None, escrow: str | None, **changes: Any) -> Agreement:
    """Both sides over the same terms, unless changed."""
    terms = Terms("a", "b", "LXC", "100")
    now = datetime(2026, 11, 21, tzinfo=UTC)
    fee = changes.get("fee", 1)
    mine: Any = trade and Told[Any](UUID(int=1), 1, trade, changes.get("terms", terms), fee)
    theirs: Any = escrow and Told[Any](UUID(int=1), 1, escrow, terms, 1)
    return Agreement(UUID(int=1), mine, theirs, now)


@pytest.mark.parametrize("trade", get_args(TradeState))
@pytest.mark.parametrize("escrow", [None, "FUNDED", "REFUSED", "RELEASED", "REFUNDED"])
def test_states_go_together_by_the_table(trade: TradeState, escrow: str | None) -> None:
    """Every pair of states: in the table it agrees, else it is a difference with a name."""
    found = compare(agreement(trade, escrow))
    if escrow in SETTLED[trade]:
        assert found == {}
    else:
        assert list(found) == ["states-differ" if escrow else "trade-without-escrow"]


def test_terms_fees_and_missing_trades_differ() -> None:
    """Each has a name of its own, and several are told at once."""
    other = Terms("a", "b", "LXC", "101")
    assert list(compare(agreement(None, "FUNDED"))) == ["escrow-without-trade"]
    assert list(compare(agreement("funded", "FUNDED", terms=other))) == ["terms-differ"]
    assert list(compare(agreement("released", "RELEASED", fee=2))) == ["fees-differ"]
    early = compare(agreement("released", "FUNDED", terms=other, fee=2))
    assert list(early) == ["states-differ", "terms-differ"]
    both = compare(agreement("released", "RELEASED", terms=other, fee=2))
    assert list(both) == ["terms-differ", "fees-differ"]
