"""Read the price of an offer, and a part of it. Pure."""

from chassis.http import amount_problem
from contracts.money import SCALES, AmountError, parse_amount
from marketplace.trades.errors import AmountNotPositive, AssetDiffers, PartNotWithin
from marketplace.trades.models import Trade


def read_price(amount: str, asset: str, expected: str, field: str = "amount") -> int:
    """A price in minor units of the expected asset.

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
    if amount_minor == 0:
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
