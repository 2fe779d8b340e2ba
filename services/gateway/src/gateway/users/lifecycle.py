"""Rules of identities, names and passwords. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

type IdentityKind = Literal["email", "phone"]

EMAIL_MAX: Final = 254
#: ASVS 5.0, 6.2.1 and 6.2.9; the upper bound keeps hashing cheap.
PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 256
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
#: A password is not made of what everybody knows; shorter words would refuse too much.
_WORD_MIN: Final = 3
_LEFT_MIN: Final = 4
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


def normalise_phone(text: str) -> str:
    """The one form of a phone number (E.164) by which it is stored and found.

    Raises:
        ValueError: It is no number with its country.
    """
    number = re.sub(r"[\s().-]", "", text)
    if not _PHONE.fullmatch(number):
        raise ValueError("a phone number begins with + and its country, like +31612345678")
    return number


def password_fault(password: str, known: Iterable[str], common: frozenset[str]) -> str | None:
    """Why a password is too easy to guess, in words; nothing when it is not.

    Args:
        password: As typed.
        known: What everybody can know of the person: name, e-mail.
        common: The passwords that are tried first, in lower case.
    """
    typed = unicodedata.normalize("NFKC", password).casefold()
    if len(password) < PASSWORD_MIN:
        return f"it has {len(password)} characters; take at least {PASSWORD_MIN}, better 15"
    if typed in common:
        return "it is one of the passwords that are tried first; take a sentence of your own"
    if len(set(typed)) < _LEFT_MIN:
        return "it repeats very few characters; take a sentence of your own"
    words = {
        word
        for text in ("localex", *known)
        for word in re.split(r"[^\w]+", text.casefold())
        if len(word) >= _WORD_MIN
    }
    left = typed
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    if len(re.sub(r"[\W_]", "", left)) < _LEFT_MIN:
        return "it is made of your name or address; take a sentence of your own"
    return None


def check_shown(text: str) -> str:
    """A text that others are shown, as it is.

    Raises:
        ValueError: It holds characters that can't be seen, or none that can.
    """
    if any(unicodedata.category(character) in _UNSEEN for character in text):
        raise ValueError("control characters and invisible marks are not allowed")
    return text
