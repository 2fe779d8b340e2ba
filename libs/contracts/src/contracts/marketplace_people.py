"""Events of the marketplace: what people say of trades, without words, and what it comes to."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from contracts import topics
from contracts.messages import Event

Side = Literal["buyer", "seller"]


class _SaidInTrade(Event):
    trade_id: UUID
    seq: int
    by_id: UUID
    buyer_id: UUID
    seller_id: UUID
    said_at: datetime

    def key(self) -> str:
        """The trade: what is said there stays in order."""
        return str(self.trade_id)

    def aggregate_version(self) -> int:
        """Its place in what was said."""
        return self.seq

    def audience(self) -> tuple[UUID, ...]:
        """Buyer and seller."""
        return (self.buyer_id, self.seller_id)


class MessageSent(_SaidInTrade):
    """One party of a trade wrote to the other; the words are read from the trade."""

    TOPIC: ClassVar[str] = topics.MARKETPLACE_MESSAGES.name


class StatementMade(_SaidInTrade):
    """One party of a disputed trade gave evidence; the words are read from the trade."""

    TOPIC: ClassVar[str] = topics.MARKETPLACE_DISPUTES.name

    images: int


class RatingRevealed(Event):
    """One party's rating of the other can be seen: both are in, or the time for them is over."""

    TOPIC: ClassVar[str] = topics.MARKETPLACE_RATINGS.name

    trade_id: UUID
    by_id: UUID
    about_id: UUID
    #: Which side of the trade the rated person was on.
    about_side: Side
    stars: int
    revealed_at: datetime

    def key(self) -> str:
        """Who was rated."""
        return str(self.about_id)

    def audience(self) -> tuple[UUID, ...]:
        """Both parties."""
        return (self.by_id, self.about_id)


class ReputationChanged(Event):
    """What trades and ratings say of a person now: the whole of it, counted.

    Attributes:
        mean: Of all ratings and of those that everybody begins with, two decimals.
        stars: How many ratings have one star, two ... five.
    """

    TOPIC: ClassVar[str] = topics.MARKETPLACE_REPUTATIONS.name

    user_id: UUID
    version: int
    mean: str
    stars: tuple[int, ...]
    sold: int
    bought: int
    refunded_as_seller: int
    refunded_as_buyer: int
    disputes_lost: int
    disputes_shared: int
    counted_at: datetime

    def key(self) -> str:
        """Who it is of."""
        return str(self.user_id)

    def aggregate_version(self) -> int:
        """How often it has changed."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """Who it is of."""
        return (self.user_id,)
