"""What is said of a reputation that has changed. Pure."""

from contracts.marketplace_people import ReputationChanged
from marketplace.reputations.lifecycle import shrunk_mean
from marketplace.reputations.models import Counted


def changed(one: Counted) -> ReputationChanged:
    """The whole of it, so that a reader needs no earlier event."""
    counts = one.counts
    return ReputationChanged(
        user_id=one.user_id,
        version=one.version,
        mean=str(shrunk_mean(counts.stars)),
        stars=(counts.stars_1, counts.stars_2, counts.stars_3, counts.stars_4, counts.stars_5),
        sold=counts.sold,
        bought=counts.bought,
        refunded_as_seller=counts.refunded_as_seller,
        refunded_as_buyer=counts.refunded_as_buyer,
        disputes_lost=counts.disputes_lost,
        disputes_shared=counts.disputes_shared,
        counted_at=one.counted_at,
    )
