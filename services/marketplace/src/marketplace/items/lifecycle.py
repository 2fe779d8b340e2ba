"""What an item may become. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from contracts.marketplace import ItemStatus
from marketplace.items.errors import IllegalStatus, QuantityTaken
from marketplace.items.models import Item, Listing

#: What a seller may ask for; reserved and sold follow from trades.
type Wish = Literal["draft", "active", "withdrawn"]

MOVES: Final[frozenset[tuple[ItemStatus, ItemStatus]]] = frozenset(
    {
        ("draft", "active"),
        ("draft", "withdrawn"),
        ("active", "reserved"),
        ("active", "sold"),
        ("active", "withdrawn"),
        ("reserved", "active"),
        ("reserved", "sold"),
        ("reserved", "withdrawn"),
        ("sold", "active"),
        ("withdrawn", "active"),
        ("withdrawn", "reserved"),
        ("withdrawn", "sold"),
    }
)
ON_SHOW: Final[tuple[ItemStatus, ...]] = ("active", "reserved", "sold")


def status_by_stock(item: Item) -> ItemStatus:
    """The status of an item on show that its stock asks for."""
    if item.available > 0:
        return "active"
    return "reserved" if item.reserved > 0 else "sold"


def settle(item: Item) -> Item:
    """Let the status of an item on show follow its stock; drafts and withdrawn ones stay."""
    return replace(item, status=status_by_stock(item)) if item.status in ON_SHOW else item


def revise(item: Item, listing: Listing, wish: Wish | None, now: datetime) -> Item:
    """The item after its seller changed what is said of it; the same item if nothing differs.

    Raises:
        IllegalStatus: The wished status can't be reached from here.
        QuantityTaken: Trades already hold or have sold more than the new quantity.
    """
    if listing.quantity < item.reserved + item.sold:
        raise QuantityTaken(item.reserved, item.sold)
    revised = replace(item, listing=listing)
    if wish == "active":
        revised = replace(revised, status=status_by_stock(revised))
    elif wish is not None:
        revised = replace(revised, status=wish)
    revised = settle(revised)
    if revised.status != item.status and (item.status, revised.status) not in MOVES:
        raise IllegalStatus(item.status, revised.status)
    if revised == item:
        return item
    return replace(revised, version=item.version + 1, changed_at=now)


def hold(item: Item, quantity: int, now: datetime) -> Item:
    """Set pieces aside for a trade; the caller has checked that they are there."""
    return _restock(item, now, reserved=quantity)


def free(item: Item, quantity: int, now: datetime) -> Item:
    """Give pieces back that a trade held."""
    return _restock(item, now, reserved=-quantity)


def sell(item: Item, quantity: int, now: datetime) -> Item:
    """Count held pieces as sold."""
    return _restock(item, now, reserved=-quantity, sold=quantity)


def _restock(item: Item, now: datetime, *, reserved: int = 0, sold: int = 0) -> Item:
    counted = replace(item, reserved=item.reserved + reserved, sold=item.sold + sold)
    return replace(settle(counted), version=item.version + 1, changed_at=now)


def retell(item: Item) -> Item:
    """The item one version further, for a change of its category; its seller did nothing."""
    return replace(item, version=item.version + 1)
