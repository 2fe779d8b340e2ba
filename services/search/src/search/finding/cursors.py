"""Cursors: where a page ended, in which search. Pure."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from search.finding.errors import cursor_problem
from search.finding.models import Sort, Wanted
from search.finding.query import Bounds, sort_keys
from search.finding.spelling import MENDED_MAX, Corrections
from search.finding.understand import WORDS_MAX

_VALUE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last hit's sort values, and how its search took the words: by meaning, too, or not."""

    after: list[Any]
    tolerant: bool
    codes: bool = False
    corrections: Corrections = field(default_factory=dict)
    #: The least score of what is similar; none where words alone are looked for.
    floor: float | None = None


def same_words(text: str) -> str:
    """One form of texts that are understood alike: plain letters of any case are, surely."""
    return text.lower() if text.isascii() else text


def search_digest(wanted: Wanted, bounds: Bounds) -> str:
    """Names a search without its page: the same words, filters and order."""
    asked = wanted.model_dump(mode="json", exclude={"cursor", "limit"})
    asked["q"] = same_words(wanted.q)
    seen = orjson.dumps([asked, bounds.community], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(seen).hexdigest()[:16]


def write_cursor(cursor: Cursor, digest: str) -> str:
    """A cursor as text for a URL."""
    facts = [cursor.tolerant, cursor.codes, cursor.floor, cursor.after, cursor.corrections]
    content = orjson.dumps([digest, *facts])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def read_cursor(text: str, digest: str, sort: Sort) -> Cursor:
    """A cursor as we wrote it.

    Raises:
        Malformed: It is none of ours, or belongs to another search.
    """
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        theirs, tolerant, codes, floor, after, corrections = orjson.loads(content)
    except (ValueError, TypeError, binascii.Error) as error:
        raise cursor_problem("it can't be read") from error
    if theirs != digest:
        raise cursor_problem("it belongs to another search")
    are_flags = all(isinstance(one, bool) for one in (tolerant, codes)) and (
        floor is None or (isinstance(floor, float) and 0 <= floor <= 1)
    )
    if not are_flags or not _fits(after, sort) or not _are_words(corrections):
        raise cursor_problem("it can't be read")
    mended = {word: tuple(meant) for word, meant in corrections.items()}
    return Cursor(after, tolerant, codes, mended, floor)


def _are_words(corrections: object) -> bool:
    if not isinstance(corrections, dict) or len(corrections) > WORDS_MAX:
        return False
    return all(
        isinstance(meant, list)
        and len(meant) <= MENDED_MAX
        and all(isinstance(word, str) and len(word) <= _VALUE_MAX for word in meant)
        for meant in corrections.values()
    )


def _fits(after: object, sort: Sort) -> bool:
    keys = sort_keys(sort)
    if not isinstance(after, list) or len(after) != len(keys):
        return False
    return all(_may_be(key, value) for key, value in zip(keys, after, strict=True))


def _may_be(key: dict[str, Any], value: object) -> bool:
    (name,) = key
    if name in ("_score", "_geo_distance"):
        # What has no place is infinitely far, which the engine writes as a word.
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number or (name == "_geo_distance" and value == "Infinity")
    if name == "created_at":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15
    if name == "price_minor" and value is None:
        return True
    return isinstance(value, str) and len(value) <= _VALUE_MAX
