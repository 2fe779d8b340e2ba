"""Quotes fees. Pure. Rounding is down, so that a fee is never more than its share."""

from typing import Final

BPS: Final = 10_000


def quote_fee(amount_minor: int, fee_bps: int) -> int:
    """The platform's share of an amount, in minor units, always below the amount.

    Args:
        amount_minor: What is paid, at least 1.
        fee_bps: Hundredths of a per cent, 0 to 9,999.
    """
    if amount_minor < 1 or not 0 <= fee_bps < BPS:
        raise ValueError(f"no fee of {fee_bps} bps on {amount_minor}")
    return amount_minor * fee_bps // BPS
