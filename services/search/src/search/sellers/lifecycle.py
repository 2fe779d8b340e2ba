"""From events to ratings, and how far they are spread. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

from contracts.gateway import UserErased
from contracts.marketplace_people import ReputationChanged
from contracts.messages import Message
from search.sellers.models import SellerRating, SellerTold, Spreading


def told_of(event: ReputationChanged) -> SellerTold:
    """The mean of a seller; nothing of whom nobody has rated, though everybody begins with some."""
    count = sum(event.stars)
    rating = SellerRating(int(Decimal(event.mean) * 100), count) if count else None
    return SellerTold(event.user_id, event.version, rating)


def newest_of(events: Iterable[Message]) -> list[SellerTold]:
    """The highest version of each seller, in order of id; who was erased has none."""
    newest: dict[UUID, SellerTold] = {}
    gone: set[UUID] = set()
    for event in events:
        if isinstance(event, UserErased):
            gone.add(event.user_id)
        elif isinstance(event, ReputationChanged):
            known = newest.get(event.user_id)
            if known is None or event.version > known.version:
                newest[event.user_id] = told_of(event)
    newest |= {one: SellerTold(one, 0, erased=True) for one in gone}
    return [newest[one] for one in sorted(newest)]


def go_on(taken: Sequence[Spreading], last: tuple[UUID, UUID] | None) -> dict[UUID, UUID | None]:
    """How far each seller is after a page of documents in order of seller and item.

    Args:
        taken: Whose documents were asked for.
        last: Seller and item of the page's last document; None when there was no more.

    Returns:
        The item up to which all is done; None for who is done.
    """
    if last is None:
        return {one.seller_id: None for one in taken}
    seller, item = last
    stands: dict[UUID, UUID | None] = {}
    for one in taken:
        if one.seller_id < seller:
            stands[one.seller_id] = None
        else:
            stands[one.seller_id] = item if one.seller_id == seller else one.after
    return stands
