"""Signatures of searches, and what may be shown of people's words. Pure."""

import hashlib
import hmac
import re
from typing import Final
from uuid import UUID

#: What fewer people searched for is nobody else's business.
PEOPLE_MIN: Final = 3
_TOKEN_BYTES: Final = 16
#: Addresses, numbers that may be somebody's, and anything longer than a thing is called.
_PRIVATE: Final = re.compile(r"@|https?:|www\.|[0-9](?:[ ./-]?[0-9]){4,}")
_WORDS_MAX: Final = 5
_LETTERS_MAX: Final = 60


def sign_search(salt: bytes, query_id: UUID, user_id: UUID) -> str:
    """Says that this search was answered to this person."""
    content = b"search" + query_id.bytes + user_id.bytes
    return hmac.new(salt, content, hashlib.sha256).digest()[:_TOKEN_BYTES].hex()


def is_signed(salt: bytes, query_id: UUID, user_id: UUID, token: str) -> bool:
    """Whether a click's search was answered to who clicked."""
    # As bytes: texts that are not ASCII can't be compared in constant time.
    return hmac.compare_digest(sign_search(salt, query_id, user_id).encode(), token.encode())


def may_be_shown(words: str) -> bool:
    """Whether others may see these words: what a thing may be called, and nothing of a person."""
    return (
        len(words) <= _LETTERS_MAX
        and len(words.split()) <= _WORDS_MAX
        and any(letter.isalpha() for letter in words)
        and not _PRIVATE.search(words)
    )


def about(people: int) -> str:
    """How many people, roughly: the exact number would tell when one more searched."""
    return "30+" if people >= 30 else "10+" if people >= 10 else f"{PEOPLE_MIN}+"  # noqa: PLR2004 - as said
