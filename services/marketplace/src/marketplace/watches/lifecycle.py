"""What is news to whom. Pure."""

from marketplace.items.models import Item
from marketplace.watches.models import Notice, PriceDrop, Watcher


def price_of(item: Item) -> tuple[int | None, str | None]:
    """What an item costs: nothing for a gift, no price for a barter."""
    if item.listing.pricing == "gift":
        return 0, None
    return item.listing.price_minor, item.listing.asset


def drop_for(watcher: Watcher, notice: Notice) -> PriceDrop | None:
    """How the price fell below what the watcher knows; other assets can't be compared."""
    known, asset, price = watcher.known_minor, watcher.known_asset, notice.price_minor
    if price is None or known is None or asset is None or notice.asset not in (None, asset):
        return None
    return PriceDrop(known, price, asset) if price < known else None


def learns(watcher: Watcher, notice: Notice) -> bool:
    """Whether the watcher knows another price after this: a lower one, or one to begin with."""
    if notice.price_minor is None:
        return False
    other_asset = notice.asset is not None and notice.asset != watcher.known_asset
    return watcher.known_minor is None or other_asset or drop_for(watcher, notice) is not None
