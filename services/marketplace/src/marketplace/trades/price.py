"""Read the price of an offer, and a part of it. Pure."""

from chassis.http import amount_problem
from contracts.money import SCALES, AmountError, parse_amount
from marketplace.items.models import Listing
from marketplace.trades.errors import (
    AmountNotPositive,
    AssetDiffers,
    GiftBeyondPrice,
    NoGiftCredits,
    PartNotWithin,
)
from marketplace.trades.models import Trade


def check_gift_credits(listing: Listing, gift_minor: int) -> None:
    """Gift credits are spent where the seller takes them.

    Raises:
        NoGiftCredits: The item takes none.
    """
    if gift_minor and not listing.accepts_gift_credits:
        raise NoGiftCredits("pay with other credits, or ask the seller to take gift credits")


def read_gift_part(amount: str | None, asset: str, price_minor: int) -> int:
    """What of a price gift credits pay, in minor units; nothing if nothing is said.

    Raises:
        Malformed: It is none of the asset.
        GiftBeyondPrice: It is more than the price.
    """
    if amount is None:
        return 0
    gift_minor = read_price(amount, asset, asset, "gift_amount", nothing=True)
    if gift_minor > price_minor:
        raise GiftBeyondPrice(price_minor, asset)
    return gift_minor


def read_price(
    amount: str, asset: str, expected: str, field: str = "amount", *, nothing: bool = False
) -> int:
    """A price in minor units of the expected asset.

    Args:
        amount: As it was sent.
        asset: As it was sent.
        expected: What the asset has to be.
        field: Where the amount was sent.
        nothing: Zero is an answer, too.

    Raises:
        Malformed: The asset is unknown, or the amount is none of it.
        AssetDiffers: The asset is another than expected.
        AmountNotPositive: It is zero.
    """
    try:
        amount_minor = parse_amount(amount, asset)
    except AmountError as error:
        raise amount_problem(field if asset in SCALES else "asset", error) from error
    if asset != expected:
        raise AssetDiffers(expected)
    if amount_minor == 0 and not nothing:
        raise AmountNotPositive(field)
    return amount_minor


def read_part(amount: str, trade: Trade, field: str) -> int:
    """A part of the trade's price that goes back to the buyer: more than nothing, less than all.

    Raises:
        Malformed: The amount is none of the trade's asset.
        AmountNotPositive: It is zero.
        PartNotWithin: It is the whole, or more.
    """
    part_minor = read_price(amount, trade.asset, trade.asset, field)
    if part_minor >= trade.amount_minor:
        raise PartNotWithin(field, trade.amount_minor, trade.asset)
    return part_minor
