"""Money: an integer of minor units together with its asset. No float, anywhere."""

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

#: Decimal places of each asset. The ledger's table of assets is seeded from this.
SCALES: Final[dict[str, int]] = {
    "LXC": 2,
    "USD": 2,
    "EUR": 2,
    "INR": 2,
    "USDC": 6,
    "USDT": 6,
    "BTC": 8,
    "SOL": 9,
    "SUI": 9,
    "ETH": 18,
}

#: NUMERIC(38,0) holds it; 18-decimal assets overflow 64 bits.
MAX_MINOR: Final[int] = 10**38 - 1

_MINOR = re.compile(r"-?[0-9]{1,38}", re.ASCII)
_DECIMAL = re.compile(r"(?P<whole>0|[1-9][0-9]{0,37})(?:\.(?P<part>[0-9]{1,18}))?", re.ASCII)


class AmountError(ValueError):
    """The text is no amount of this asset; the message says which rule it breaks."""


def parse_amount(text: str, asset: str) -> int:
    """Read a positive decimal amount such as "60.00".

    Args:
        text: Digits with an optional fraction; no sign, exponent, space or separator.
        asset: Code of a known asset; it sets how many decimals are allowed.

    Returns:
        The amount in minor units, from 0 to `MAX_MINOR`.

    Raises:
        AmountError: Unknown asset, malformed text, too precise or too large.
    """
    scale = SCALES.get(asset)
    if scale is None:
        raise AmountError(f"asset {asset!r} is unknown; known are {', '.join(SCALES)}")
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise AmountError('an amount is digits with an optional fraction, such as "60.00"')
    part = found["part"] or ""
    if len(part) > scale:
        raise AmountError(f"{asset} has {scale} decimals, {text} has {len(part)}")
    minor = int(found["whole"] + part.ljust(scale, "0"))
    if minor > MAX_MINOR:
        raise AmountError("an amount has at most 38 digits in minor units")
    return minor


def render_amount(minor: int, asset: str) -> str:
    """Write minor units as a decimal string with the asset's full scale, such as "60.00"."""
    scale = SCALES[asset]
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def _read_minor(value: object) -> object:
    if isinstance(value, bool | float):
        raise ValueError("minor units are an integer or a string of digits")  # noqa: TRY004 - pydantic wants ValueError
    if isinstance(value, str):
        if _MINOR.fullmatch(value) is None:
            raise ValueError("minor units are at most 38 digits")
        return int(value)
    if isinstance(value, Decimal):
        if value != value.to_integral_value():
            raise ValueError("minor units are whole")
        return int(value)
    return value


#: An integer of minor units; a decimal string in JSON, because JSON numbers lose digits.
Minor = Annotated[
    int,
    BeforeValidator(_read_minor),
    Field(ge=-MAX_MINOR, le=MAX_MINOR),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^-?[0-9]{1,38}$"}),
]

PositiveMinor = Annotated[Minor, Field(gt=0)]

AssetCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,9}$")]
