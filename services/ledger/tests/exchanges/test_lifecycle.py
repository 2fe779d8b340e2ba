"""Rates and conversions: exact, whatever the scales, and nothing is lost or made."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import MAX_MINOR, SCALES
from ledger.exchanges.errors import ExchangeTooLarge, ExchangeTooSmall
from ledger.exchanges.lifecycle import convert, parse_rate, render_rate
from ledger.exchanges.models import Rate
from ledger.journal.templates import exchange
from services.ledger.tests.books import NOW

ASSETS = st.sampled_from(sorted(SCALES))
PARTS = st.integers(1, 10**18)


def rate_of(numerator: int, denominator: int, bps: int, pair: tuple[str, str]) -> Rate:
    """A rate in lowest terms."""
    value = Fraction(numerator, denominator)
    nobody: Any = None
    return Rate(
        nobody, *pair, value.numerator, value.denominator, bps, "test", NOW, None, nobody, NOW
    )


@given(st.integers(1, MAX_MINOR), PARTS, PARTS, st.integers(0, 9_999), st.tuples(ASSETS, ASSETS))
def test_what_is_sold_times_the_rate_is_its_parts_exactly(
    sold: int, numerator: int, denominator: int, bps: int, pair: tuple[str, str]
) -> None:
    """With the remainder below one minor unit; no part is negative, and nobody gets too much."""
    rate = rate_of(numerator, denominator, bps, pair)
    try:
        made = convert(sold, rate)
    except (ExchangeTooSmall, ExchangeTooLarge):
        return
    scale = Fraction(10 ** SCALES[pair[1]], 10 ** SCALES[pair[0]])
    exact = sold * Fraction(numerator, denominator) * scale
    divisor = rate.denominator * 10 ** SCALES[pair[0]]
    parts = made.bought_minor + made.spread_minor + made.residue_minor
    assert parts == made.gross_minor
    assert parts + Fraction(made.remainder, divisor) == exact
    assert 0 <= made.remainder < divisor
    assert made.residue_minor in {0, 1}
    assert made.spread_minor >= 0
    assert made.bought_minor <= exact * (10_000 - bps) / 10_000 < made.bought_minor + 1


@given(PARTS, PARTS, PARTS, PARTS, PARTS)
def test_each_asset_of_an_exchange_sums_to_zero(a: int, b: int, fee: int, c: int, d: int) -> None:
    """Whatever the parts: the template balances them."""
    ids: Any = range(1, 9)
    moves = exchange(
        (ids[0], ids[1], "LXC"),
        (ids[2], ids[3], "USD"),
        sold_minor=a,
        bought_minor=b,
        fees=[(ids[4], fee)],
        kept=[(ids[5], c), (ids[6], d)],
    )
    for asset in ("LXC", "USD"):
        assert sum(one.amount_minor for one in moves if one.asset == asset) == 0
    assert (moves[0].amount_minor, moves[3].amount_minor) == (-a - fee, -b - c - d)


@pytest.mark.parametrize(
    ("text", "parts", "again"),
    [
        ("1.0845", (2169, 2000), "1.0845"),
        ("13/12", (13, 12), "13/12"),
        ("0.000000000000000001", (1, 10**18), "0.000000000000000001"),
        ("26/24", (13, 12), "13/12"),
        ("1.5/0.5", (3, 1), "3"),
        ("0100.50", (201, 2), "100.5"),
    ],
)
def test_a_rate_is_read_and_written_exactly(text: str, parts: tuple[int, int], again: str) -> None:
    """As a decimal where there is one, else as a fraction."""
    assert parse_rate(text) == parts
    assert render_rate(*parts) == again


@given(PARTS, PARTS)
def test_a_written_rate_reads_the_same(numerator: int, denominator: int) -> None:
    """Nothing is rounded on the way out."""
    value = Fraction(numerator, denominator)
    text = render_rate(value.numerator, value.denominator)
    above, _, below = text.partition("/")
    assert Fraction(above) / Fraction(below or 1) == value


@pytest.mark.parametrize("text", ["", "0", "0/1", "1/0", "1,5", "-1", "1e3", "1/2/3", ".5", "nan"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """Zero, signs, exponents and other notations."""
    with pytest.raises(ValueError, match="a rate is"):
        parse_rate(text)
