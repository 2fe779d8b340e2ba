"""Rules of identities and names. Pure."""

import re
import unicodedata
from typing import Final

EMAIL_MAX: Final = 254
_EMAIL: Final = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.ASCII,
)
#: Controls, line breaks, and marks that reorder or hide what a reader sees.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def normalise_email(text: str) -> str:
    """The one form of an e-mail address by which it is stored and found.

    Raises:
        ValueError: It is no address.
    """
    address = text.strip().lower()
    local = address.partition("@")[0]
    if len(address) > EMAIL_MAX or len(local) > 64 or not _EMAIL.fullmatch(address):  # noqa: PLR2004 - RFC 5321
        raise ValueError("an e-mail address is like ana@example.org")
    return address


def check_shown(text: str) -> str:
    """A text that others are shown, as it is.

    Raises:
        ValueError: It holds characters that can't be seen, or none that can.
    """
    if any(unicodedata.category(character) in _UNSEEN for character in text):
        raise ValueError("control characters and invisible marks are not allowed")
    return text
