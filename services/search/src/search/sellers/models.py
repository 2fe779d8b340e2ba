"""Words of sellers."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SellerRating:
    """What a seller's ratings come to, in hundredths of a star, and how many there are."""

    hundredths: int
    count: int


@dataclass(frozen=True, slots=True)
class SellerTold:
    """What was heard of a seller: their rating, or none; or that they were erased."""

    seller_id: UUID
    version: int
    rating: SellerRating | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Spreading:
    """A seller whose documents may have another rating; those up to `after` have this one."""

    seller_id: UUID
    rating: SellerRating | None
    after: UUID
