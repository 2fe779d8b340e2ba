"""How a category is named: by its slug path, or by the names along its path."""

import unicodedata
from typing import Final

from marketplace.categories.errors import UnknownCategory

DEPTH_MAX: Final = 5
NAME_MAX: Final = 60


def slug_of(name: str) -> str:
    """A name as part of an address: lower-case words, joined by hyphens.

    Accents of European letters go; vowel signs of other scripts are letters in their own right.
    """
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name).casefold()
        if not "\u0300" <= letter <= "\u036f"
    )
    composed = unicodedata.normalize("NFC", plain)
    words = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in composed
    )
    return "-".join(words.split())


def read_path(text: str) -> tuple[str, ...]:
    """Split `a/b` or `A > B` into the names along the path.

    Raises:
        UnknownCategory: No path can have this form.
    """
    slugs = all(part and slug_of(part) == part for part in text.split("/"))
    separator = "/" if slugs else ">"
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
