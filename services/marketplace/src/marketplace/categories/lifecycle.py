"""How a category is named: by its slug path, or by the names along its path."""

import re
import unicodedata
from typing import Final

from marketplace.categories.errors import UnknownCategory

DEPTH_MAX: Final = 5
NAME_MAX: Final = 60
_WORDS: Final = re.compile(r"[^\W_]+")
_SLUG_PATH: Final = re.compile(r"[^\W_A-Z]+(-[^\W_A-Z]+)*(/[^\W_A-Z]+(-[^\W_A-Z]+)*)*")


def slug_of(name: str) -> str:
    """A name as part of an address: lower-case words of letters and digits, joined by hyphens."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "-".join(_WORDS.findall(plain.casefold()))


def read_path(text: str) -> tuple[str, ...]:
    """Split `a/b` or `A > B` into the names along the path.

    Raises:
        UnknownCategory: No path can have this form.
    """
    separator = "/" if _SLUG_PATH.fullmatch(text) else ">"
    names = tuple(" ".join(part.split()) for part in text.split(separator))
    if len(names) > DEPTH_MAX:
        raise UnknownCategory(f"a category has at most {DEPTH_MAX} levels")
    for name in names:
        if not 1 <= len(slug_of(name)) <= NAME_MAX or len(name) > NAME_MAX:
            raise UnknownCategory(f"each level has a name of 1 to {NAME_MAX} characters")
    return names


def slug_path_of(names: tuple[str, ...]) -> str:
    """The slug path of the names along a path."""
    return "/".join(slug_of(name) for name in names)
