"""What counts mean: a mean that one rating does not decide, a rate, and words."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.reputations.lifecycle import completion_rate, explain, shrunk_mean
from marketplace.reputations.models import Counts


@pytest.mark.parametrize(
    ("stars", "mean"),
    [
        ((0, 0, 0, 0, 0), "3.50"),
        ((0, 0, 0, 0, 1), "3.75"),
        ((1, 0, 0, 0, 0), "3.08"),
        ((0, 0, 0, 0, 5), "4.25"),
        ((0, 0, 0, 0, 95), "4.92"),
    ],
)
def test_the_mean_begins_at_the_prior_and_leaves_it(stars: tuple[int, ...], mean: str) -> None:
    """Five ratings of 3.50 for everybody, worked out by hand."""
    assert str(shrunk_mean(stars)) == mean


@given(st.tuples(*[st.integers(0, 10**6)] * 5), st.integers(1, 5))
def test_a_better_rating_never_lowers_the_mean(stars: tuple[int, ...], number: int) -> None:
    """And the mean stays between one and five."""
    before = shrunk_mean(stars)
    more = tuple(count + (place == number) for place, count in enumerate(stars, 1))
    assert Decimal(1) <= shrunk_mean(more) <= Decimal(5)
    if number == 5:
        assert shrunk_mean(more) >= before


def test_the_rate_is_of_trades_that_are_over() -> None:
    """Three of four; of none there is no rate."""
    assert completion_rate(Counts()) is None
    counts = Counts(sold=2, bought=1, refunded_as_buyer=1)
    assert completion_rate(counts) == Decimal("0.75")


def test_everything_that_it_is_made_of_is_told() -> None:
    """In figures and in words."""
    counts = Counts(sold=3, refunded_as_seller=1, disputes_lost=1, stars_4=1, stars_5=1)
    seen = explain(UUID(int=1), "Ana", counts)
    assert (seen.count, seen.mean, seen.plain_mean) == (2, "3.79", "4.50")
    assert (seen.prior.ratings, seen.prior.stars) == (5, "3.50")
    assert seen.explanation[0] == "3.79 stars: 2 ratings, and 5 of 3.50 that everybody has."
    assert seen.explanation[1].startswith("3 of 4 trades")
    assert seen.explanation[2].startswith("1 rulings")
