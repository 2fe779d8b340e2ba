"""Read the price of an offer. Pure."""

from chassis.http import amount_problem
from contracts.money import SCALES, AmountError, parse_amount
from marketplace.trades.errors import AmountNotPositive, AssetDiffers


def read_price(amount: str, asset: str, expected: str) -> int:
    """A price in minor units of the expected asset.

    Raises:
        Malformed: The asset is unknown, or the amount is none of it.
        AssetDiffers: The asset is another than expected.
        AmountNotPositive: It is zero.
    """
    try:
        amount_minor = parse_amount(amount, asset)
    except AmountError as error:
        raise amount_problem("amount" if asset in SCALES else "asset", error) from error
    if asset != expected:
        raise AssetDiffers(expected)
    if amount_minor == 0:
        raise AmountNotPositive
    return amount_minor
