"""What an offer is for an item: a sale, a gift, or a barter, and on which terms. Pure."""

from dataclasses import dataclass
from typing import Final

from marketplace.items.models import Listing
from marketplace.trades.errors import NotForBarter, NotForCredits, Unnamed
from marketplace.trades.models import Kind
from marketplace.trades.price import check_gift_credits, read_gift_part, read_price
from marketplace.trades.requests import OfferBody

#: In which asset nothing is counted, where nobody names one.
ASSET_OF_NOTHING: Final = "LXC"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is paid, what of it with gift credits, and which kind of trade that makes."""

    kind: Kind
    amount_minor: int
    asset: str
    gift_minor: int = 0


def read_terms(listing: Listing, body: OfferBody) -> Terms:
    """What an offer means for an item.

    Raises:
        NotForBarter: Items are given for what is not up for barter.
        NotForCredits: Credits are offered for a gift, or nothing but credits for a barter.
        Unnamed: The price or its asset is missing, or an item is given twice.
        Malformed: An amount is none of its asset, or zero.
        AssetDiffers: The item's price is in another asset.
        GiftBeyondPrice: Gift credits would pay more than the price.
        NoGiftCredits: The item takes none.
    """
    if body.gives and listing.pricing != "barter":
        raise NotForBarter(f"the item is for {listing.pricing}: nothing is given for it")
    if listing.pricing == "gift":
        if body.amount is not None or body.gift_amount is not None:
            raise NotForCredits("the item is a gift: ask for it without an amount")
        return Terms("gift", 0, ASSET_OF_NOTHING)
    if listing.pricing == "barter":
        return _barter(listing, body)
    return _paid("sale", listing, body, listing.asset or ASSET_OF_NOTHING)


def _barter(listing: Listing, body: OfferBody) -> Terms:
    if not body.gives:
        raise NotForCredits("the item is for barter: say in `gives` which of your items you give")
    if len({piece.item_id for piece in body.gives}) < len(body.gives):
        raise Unnamed("gives", "unique", "name each item once, with how many pieces")
    asset = body.asset or ASSET_OF_NOTHING
    if body.amount is None and body.gift_amount is None:
        return Terms("barter", read_price("0", asset, asset, nothing=True), asset)
    return _paid("barter", listing, body, asset)


def _paid(kind: Kind, listing: Listing, body: OfferBody, asset: str) -> Terms:
    if body.amount is None:
        raise Unnamed("amount", "missing", "say how much you pay")
    if body.asset is None:
        raise Unnamed("asset", "missing", "say in which asset you pay")
    amount_minor = read_price(body.amount, body.asset, asset)
    gift_minor = read_gift_part(body.gift_amount, asset, amount_minor)
    check_gift_credits(listing, gift_minor)
    return Terms(kind, amount_minor, asset, gift_minor)
