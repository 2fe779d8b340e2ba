"""Words in the pieces that a model knows. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

#: What a piece begins with that begins a word.
BEGIN: Final = "\u2581"
#: Of longer words, the first letters.
LETTERS_MAX: Final = 32
#: Letters beside figures are a code or a measure.
_WORD: Final = re.compile(r"\b[^\W\d_]+\b")


def words_of(text: str) -> Iterator[str]:
    """Runs of letters, plain and small; figures, and letters that touch them, mean nothing."""
    small = text.lower()
    if not small.isascii():
        apart = unicodedata.normalize("NFKD", small)
        small = "".join(one for one in apart if not unicodedata.combining(one))
    for found in _WORD.finditer(small):
        yield found[0][:LETTERS_MAX]


def split(word: str, pieces: Mapping[str, int]) -> list[str]:
    """A word in pieces, as byte-pair encoding does: neighbours that are one earlier piece first.

    Args:
        word: Letters.
        pieces: Each piece, and its place in the order in which pieces were learned.
    """
    parts = [BEGIN, *word]
    while True:
        pairs = (one + other for one, other in pairwise(parts))
        known = [(pieces[pair], place) for place, pair in enumerate(pairs) if pair in pieces]
        if not known:
            return parts
        _, place = min(known)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
