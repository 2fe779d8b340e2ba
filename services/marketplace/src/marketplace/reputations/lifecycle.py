"""What counts mean: the mean with a stated prior, the rate, and the words for them. Pure."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final
from uuid import UUID

from marketplace.reputations.models import (
    Counts,
    DisputesView,
    Prior,
    ReputationView,
    TradesView,
)

PRIOR_RATINGS: Final = 5
PRIOR_STARS: Final = Decimal("3.50")
_HUNDREDTH: Final = Decimal("0.01")


def shrunk_mean(stars: tuple[int, ...]) -> Decimal:
    """The mean of the ratings together with five of 3.50, which everybody begins with."""
    count, total = sum(stars), _total(stars)
    return _rounded((PRIOR_RATINGS * PRIOR_STARS + total) / (PRIOR_RATINGS + count))


def completion_rate(counts: Counts) -> Decimal | None:
    """Of the trades that both had agreed on and that are over: those that were completed."""
    done = counts.sold + counts.bought
    over = done + counts.refunded_as_seller + counts.refunded_as_buyer
    return _rounded(Decimal(done) / over) if over else None


def _total(stars: tuple[int, ...]) -> int:
    return sum(number * count for number, count in enumerate(stars, 1))


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_HUNDREDTH, ROUND_HALF_EVEN)


def explain(user_id: UUID, name: str, counts: Counts) -> ReputationView:
    """A reputation as clients see it."""
    stars, count = counts.stars, sum(counts.stars)
    mean, rate = shrunk_mean(stars), completion_rate(counts)
    plain = _rounded(Decimal(_total(stars)) / count) if count else None
    done = counts.sold + counts.bought
    over = done + counts.refunded_as_seller + counts.refunded_as_buyer
    words = [
        f"{mean} stars: {count} ratings, and {PRIOR_RATINGS} of {PRIOR_STARS} that everybody has.",
        f"{done} of {over} trades that both had agreed on were completed, the others undone.",
        f"{counts.disputes_lost} rulings of operators were against this member.",
        f"{counts.disputes_shared} rulings shared the credits out.",
    ]
    return ReputationView(
        user_id=user_id,
        display_name=name,
        count=count,
        mean=str(mean),
        plain_mean=None if plain is None else str(plain),
        prior=Prior(ratings=PRIOR_RATINGS, stars=str(PRIOR_STARS)),
        stars={str(number): each for number, each in enumerate(stars, 1)},
        completion_rate=None if rate is None else str(rate),
        trades=TradesView(
            sold=counts.sold,
            bought=counts.bought,
            refunded_as_seller=counts.refunded_as_seller,
            refunded_as_buyer=counts.refunded_as_buyer,
        ),
        disputes=DisputesView(lost=counts.disputes_lost, shared=counts.disputes_shared),
        explanation=words,
    )
