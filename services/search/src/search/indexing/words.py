"""Words of the language that tell nothing, and sizes as people write them. Pure."""

import re
from typing import Final

_COMMON: Final = """
a an and are as at be but by for from i if im in into is it its me my of on or our s some such that
the their them then there these they this to was we were will with you your
"""

#: Too common to tell one item from another; left out of queries, never out of documents.
STOP_WORDS: Final = frozenset(_COMMON.split())

_OPENERS: Final = """
anybody anyone anything are can could do does find give has have how i im is looking may need please
recommend searching show somebody someone something suggest want what when where which who why would
"""
#: A query that begins so is a sentence.
OPENERS: Final = frozenset(_OPENERS.split())

_FILLERS: Final = """
any anybody anyone anything available best better buy can cheap cheapest could did do does find from
get getting give good got had has have here how looking may near nearby need needs nice now please
purchase recommend rid search searching sell selling sells should show somebody someone something
suggest tell thing things today use used using want wanted wants what when where which who why would
"""
#: In a sentence they say that something is wanted, not what.
FILLERS: Final = frozenset(_FILLERS.split())

#: Each unit, and the ways to write it.
UNITS: Final = {
    "kg": ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"),
    "g": ("g", "gm", "gms", "gr", "gram", "grams"),
    "mg": ("mg", "mgs", "milligram", "milligrams"),
    "l": ("l", "ltr", "ltrs", "lt", "lit", "litre", "litres", "liter", "liters"),
    "ml": ("ml", "mls", "millilitre", "millilitres", "milliliter", "milliliters"),
    "cm": ("cm", "cms", "centimetre", "centimetres", "centimeter", "centimeters"),
    "mm": ("mm", "millimetre", "millimetres", "millimeter", "millimeters"),
    "inch": ("inch", "inches"),
    "pcs": ("pcs", "pc", "pieces", "piece"),
}
#: How many of the smaller unit make one of the larger.
LARGER: Final = {"g": ("kg", 1000), "ml": ("l", 1000), "mg": ("g", 1000), "mm": ("cm", 10)}
SMALLER: Final = {large: (small, many) for small, (large, many) in LARGER.items()}
UNIT_OF: Final = {way: unit for unit, ways in UNITS.items() for way in ways}
#: The longest first: "grams" is no "g" with something behind it.
UNIT_WAYS: Final = "|".join(sorted(UNIT_OF, key=len, reverse=True))
#: The gap that the index closes, too: "500 g" is one word.
GAP: Final = rf"(?<=\d)\s+(?=(?:{UNIT_WAYS})\b)"
_GAP: Final = re.compile(GAP, re.IGNORECASE)
SIZE: Final = re.compile(rf"(\d+(?:[.,]\d+)?)({UNIT_WAYS})")


def join_sizes(text: str) -> str:
    """`500 g` is `500g`."""
    return _GAP.sub("", text)
