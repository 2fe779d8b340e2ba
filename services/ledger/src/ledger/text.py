"""Text and amounts as people send them, bounded and checked at the edge."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from chassis.http import amount_problem
from chassis.problems import Malformed
from contracts.money import SCALES, AmountError, parse_amount


def _without_controls(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise ValueError(f"has the control character U+{ord(character):04X}")
    return text


#: Text as it was sent, without what no database takes.
Exact = AfterValidator(_without_controls)

#: One line for people, such as a memo or a reason.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Exact,
]

#: A community's short name, as the gateway gives them.
Community = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]

#: An amount and an asset before they are known to fit each other.
AmountText = Annotated[str, StringConstraints(max_length=60)]
AssetText = Annotated[str, StringConstraints(max_length=10), Exact]


def read_amount(text: str, asset: str) -> int:
    """The minor units of a request's `amount` and `asset`; at least 1.

    Raises:
        Malformed: Names the field that is wrong.
    """
    if asset not in SCALES:
        raise Malformed(
            f"check asset: known are {', '.join(SCALES)}",
            errors=[{"field": "asset", "rule": "known", "message": f"one of {', '.join(SCALES)}"}],
        )
    try:
        amount_minor = parse_amount(text, asset)
    except AmountError as error:
        raise amount_problem("amount", error) from None
    if amount_minor == 0:
        raise amount_problem("amount", AmountError("an amount of zero moves nothing"))
    return amount_minor
