"""Which words begin as was typed, a slip allowed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from search.finding.understand import edits, edits_allowed
from search.indexing.documents import SEPARATOR
from search.synonyms.book import fold

#: Beginnings longer than this are not kept in the index.
START_MAX: Final = 12
WORDS_MAX: Final = 6


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


def best(terms: Iterable[Term], typed: Sequence[str], limit: int) -> list[Term]:
    """The terms in which each typed word begins a word; those without a slip first."""
    for slips in (False, True):
        found = [term for term in terms if _fits(term, typed, slips=slips)]
        if found:
            found.sort(key=lambda term: (not _begins(term, typed), -term.weight, term.text))
            return found[:limit]
    return []


def _begins(term: Term, typed: Sequence[str]) -> bool:
    return term.words[: len(typed) - 1] == tuple(typed[:-1])


def _fits(term: Term, typed: Sequence[str], *, slips: bool) -> bool:
    return all(any(_starts(word, start, slips=slips) for word in term.words) for start in typed)


def _starts(word: str, start: str, *, slips: bool) -> bool:
    if word.startswith(start):
        return True
    allowed = min(edits_allowed(start), 1)
    if not slips or not allowed or word[0] != start[0]:
        return False
    # A slip may have made the beginning longer or shorter by a letter.
    size = len(start)
    return any(edits(word[:end], start) <= allowed for end in (size - 1, size, size + 1))


def items_body(typed: Sequence[str], community: str, *, limit: int, fuzzy: bool) -> dict[str, Any]:
    """Asks for items whose titles have words that begin so."""
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
        "sort": [{"_score": "desc"}, {"created_at": "desc"}, {"item_id": "asc"}],
    }
