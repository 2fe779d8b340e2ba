"""What is meant beside what is written: items that are similar in what they are. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from search.embedding.model import Vector
from search.finding.spelling import Corrections, likeliest
from search.finding.understand import Understood
from search.indexing.mapping import MEANING

#: Least cosine between what is looked for and what is found, as the engine scores it.
FLOOR: Final = (1 + 0.3) / 2
#: So many are similar at most, but for those that are as near as the last.
NEAREST: Final = 24
#: What similarity counts beside words: so much where nothing is missing.
SIMILAR: Final = 20.0
BY_WORDS: Final = "words"
BY_MEANING: Final = "meaning"

type Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Similar:
    """What is looked for by meaning, and the least score that a hit has."""

    vector: Vector
    floor: float


def meant_text(
    understood: Understood, corrections: Corrections, is_word: Callable[[str], bool]
) -> str:
    """The words that tell something, those that are slips as they may be meant."""
    return " ".join(
        slot.text if is_word(slot.text) else likeliest(slot, corrections)
        for slot in understood.slots
    )


def nearest_body(must: Sequence[Query], vector: Vector) -> dict[str, Any]:
    """Asks for the nearest items, by their scores alone."""
    query = _similar(must, vector, FLOOR)
    return {"size": NEAREST, "_source": False, "track_total_hits": False, "query": query}


def read_floor(answer: Mapping[str, Any]) -> float:
    """The least score of the nearest: what reaches it is similar, on each page."""
    hits = answer["hits"]["hits"]
    return hits[-1]["_score"] if len(hits) == NEAREST else FLOOR


def words_or_meaning(
    must: Sequence[Query], text: Mapping[str, Any], similar: Similar, *, fixed: Sequence[Query]
) -> Query:
    """What has the words, or is similar: each hit is in both or in one, and says in which.

    Whether an item is similar depends on it and the query alone: so filters, counts and pages are
    of one set of items, however it is cut.

    Args:
        must: What every hit must be.
        text: How words are looked for.
        similar: What is looked for by meaning.
        fixed: What a hit must have, however similar it is.
    """
    filters = [*must, *fixed]
    # The weight stands outside: a boost might be in the score before the floor is looked at.
    by_meaning = {
        "query": _similar(filters, similar.vector, similar.floor),
        "functions": [{"weight": SIMILAR}],
        "_name": BY_MEANING,
    }
    return {
        "bool": {
            "filter": filters,
            "should": [
                {"bool": {**text, "_name": BY_WORDS}},
                {"function_score": by_meaning},
            ],
            "minimum_should_match": 1,
        }
    }


def _similar(must: Sequence[Query], vector: Vector, floor: float) -> Query:
    """Every item that is compared with, exactly and not along a graph."""
    params = {"field": MEANING, "query_value": vector, "space_type": "cosinesimil"}
    return {
        "script_score": {
            "query": {"bool": {"filter": [*must, {"exists": {"field": MEANING}}]}},
            "script": {"lang": "knn", "source": "knn_score", "params": params},
            "min_score": floor,
        }
    }
