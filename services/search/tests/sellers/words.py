"""Sellers as the marketplace and the gateway tell of them."""

from uuid import UUID

from contracts.gateway import UserErased
from contracts.marketplace_people import ReputationChanged
from services.search.tests.offers import NOON


def reputation(
    seller_id: UUID, mean: str = "4.17", *, version: int = 1, ratings: int = 3, sold: int = 1
) -> ReputationChanged:
    """What trades and ratings say of a seller."""
    return ReputationChanged(
        user_id=seller_id,
        version=version,
        mean=mean,
        stars=(0, 0, 0, 0, ratings),
        sold=sold,
        bought=0,
        refunded_as_seller=0,
        refunded_as_buyer=0,
        disputes_lost=0,
        disputes_shared=0,
        counted_at=NOON,
    )


def erased(seller_id: UUID) -> UserErased:
    """The grace period of somebody who left is over."""
    return UserErased(user_id=seller_id, version=9, erased_at=NOON)
