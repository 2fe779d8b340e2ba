"""Text as people write it, made fit to keep: bounded, without control characters."""

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

_LAYOUT: Final = frozenset("\n\r\t")


def _refuse_unprintable(text: str, allowed: frozenset[str] = frozenset()) -> str:
    for character in text:
        if character not in allowed and unicodedata.category(character) in ("Cc", "Cs"):
            raise ValueError(f"has the control character U+{ord(character):04X}")
    return text


def _clean_line(value: object) -> object:
    """One line: composed, and any run of spaces, such as non-breaking ones, is one space."""
    if not isinstance(value, str):
        return value
    return " ".join(unicodedata.normalize("NFC", _refuse_unprintable(value)).split())


def _clean_paragraphs(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", _refuse_unprintable(value, _LAYOUT))
    return text.replace("\r\n", "\n").replace("\u00a0", " ").strip()


#: One line of text; bound it with `Field(max_length=...)`.
Line = Annotated[str, BeforeValidator(_clean_line), StringConstraints(min_length=1)]
#: Several lines of text, possibly none.
Paragraphs = Annotated[str, BeforeValidator(_clean_paragraphs)]

Title = Annotated[Line, Field(max_length=200)]
Label = Annotated[Line, Field(max_length=100)]
Description = Annotated[Paragraphs, Field(max_length=5000)]
Remark = Annotated[Paragraphs, Field(min_length=1, max_length=1000)]
Amount = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
#: An opaque name given by the client, such as the number of a row.
Reference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    AfterValidator(_refuse_unprintable),
]
