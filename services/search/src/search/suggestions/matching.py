"""Which words begin as was typed, a slip allowed. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Final

from search.finding.understand import edits_allowed
from search.indexing.documents import SEPARATOR
from search.synonyms.book import fold

#: Beginnings longer than this are not kept in the index.
START_MAX: Final = 12
WORDS_MAX: Final = 6
#: Sorts behind every letter.
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Term:
    """Something that can be suggested, and how much it is wanted."""

    text: str
    weight: int
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str, weight: int) -> "Term":
        """A term; of a category only the last level is matched."""
        return cls(text, weight, tuple(words_of(text.rpartition(SEPARATOR)[2])))


def words_of(text: str) -> list[str]:
    """Words as they are compared."""
    folded = "".join(letter if letter.isalnum() else " " for letter in fold(text))
    return folded.split()[:WORDS_MAX]


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms by their words, so that what somebody types is compared with few of them."""

    terms: tuple[Term, ...]
    #: Each word that a term has, in order, and the places of the terms that have it.
    words: tuple[str, ...]
    holders: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, terms: Iterable[Term]) -> "Terms":
        """Put terms in order."""
        known = tuple(terms)
        places: dict[str, list[int]] = {}
        for place, term in enumerate(known):
            for word in dict.fromkeys(term.words):
                places.setdefault(word, []).append(place)
        words = sorted(places)
        return cls(known, tuple(words), tuple(tuple(places[word]) for word in words))

    def begun(self, start: str, *, slips: bool) -> set[int]:
        """Places of the terms that have a word which begins so."""
        tolerant = slips and bool(edits_allowed(start))
        # Whoever slips does not slip on the first letter.
        shared = start[0] if tolerant else start
        first = bisect_left(self.words, shared)
        last = bisect_left(self.words, shared + _LAST, lo=first)
        return {
            place
            for at in range(first, last)
            if not tolerant or begins(self.words[at], start)
            for place in self.holders[at]
        }


def begins(word: str, start: str) -> bool:
    """Whether a word begins so, when one letter may be wrong, missing, too much, or swapped."""
    if word.startswith(start):
        return True
    size = len(start)
    same = next((at for at, (a, b) in enumerate(zip(word, start, strict=False)) if a != b), None)
    if same is None:
        # The word ends before what was typed does: by a letter, or it is another word.
        return size - len(word) == 1
    rest = start[same + 1 :]
    return (
        rest == word[same + 1 : size]
        or rest == word[same : size - 1]
        or start[same:] == word[same + 1 : size + 1]
        or (
            start[same : same + 2] == word[same : same + 2][::-1]
            and start[same + 2 :] == word[same + 2 : size]
        )
    )


def best(terms: Terms, typed: Sequence[str], limit: int) -> list[Term]:
    """The terms in which each typed word begins a word; those without a slip first."""
    for slips in (False, True):
        places = set.intersection(*(terms.begun(start, slips=slips) for start in typed))
        if places:
            found = (terms.terms[place] for place in places)
            return nsmallest(
                limit, found, key=lambda one: (not _begins(one, typed), -one.weight, one.text)
            )
    return []


def _begins(term: Term, typed: Sequence[str]) -> bool:
    return term.words[: len(typed) - 1] == tuple(typed[:-1])


def items_body(typed: Sequence[str], community: str, *, limit: int, fuzzy: bool) -> dict[str, Any]:
    """Asks for items whose titles have words that begin so; those with the whole words come first.

    Beyond that they have no order: with one, the engine would have to look at all that match, which
    may be half of the index while a single letter is typed.
    """
    musts = []
    for word in typed:
        match: dict[str, Any] = {"query": word[:START_MAX]}
        if fuzzy and edits_allowed(word):
            match |= {"fuzziness": 1, "prefix_length": 1, "max_expansions": 20}
        musts.append({"match": {"title.starts": match}})
    whole = {"match": {"title.exact": {"query": " ".join(typed)}}}
    filters = [{"term": {"status": "active"}}, {"term": {"community": community}}]
    return {
        "size": limit,
        "track_total_hits": False,
        "_source": ["title"],
        "query": {"bool": {"filter": filters, "must": musts, "should": whole}},
    }
