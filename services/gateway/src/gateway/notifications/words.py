"""Languages, and what a notification says in one line. Pure."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Final

from gateway.notifications import english

#: The port for languages: a module of words here, a folder of templates beside `templates/en`.
LANGUAGES: Final[Mapping[str, ModuleType]] = MappingProxyType({"en": english})
FALLBACK: Final = "en"
_LINE_MAX: Final = 160


def language_of(wanted: str) -> str:
    """The nearest language that is there: `en` for `en-GB`, and for all that are not."""
    short = wanted.partition("-")[0]
    return short if short in LANGUAGES else FALLBACK


def one_line(text: str) -> str:
    """A text that fits a header: no controls, line breaks or marks that reorder, not too long."""
    seen = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in text)
    line = " ".join(seen.split())
    return line if len(line) <= _LINE_MAX else line[: _LINE_MAX - 1] + "…"


def headline(language: str, kind: str, data: Mapping[str, Any]) -> str:
    """What happened, in a line. A field that is missing is a question mark."""
    words = LANGUAGES[language]
    found = words.HEADLINES.get(kind, words.SOMETHING)
    if not isinstance(found, str):
        field, choices = found
        found = choices.get(str(data.get(field)), words.SOMETHING)
    # Values are put in as they are: braces in a title are no fields.
    said = {name: str(value) for name, value in data.items()}
    return one_line(found.format_map(defaultdict(lambda: "?", said)))


def digest_line(language: str, count: int) -> str:
    """The subject of a digest."""
    return one_line(LANGUAGES[language].DIGEST.format(count=count))
