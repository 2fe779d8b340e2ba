"""From what is wanted to what the engine is asked. Pure."""

from dataclasses import dataclass
from typing import Any, Final

from search.finding.models import Sort, Wanted
from search.indexing.documents import sortable_price
from search.indexing.words import STOP_WORDS

FIELDS: Final = ("title^4", "brand^3", "item_type^2", "category^1.5", "description")
WORDS_MAX: Final = 12
#: Short words must be right; of 4 letters one may be wrong, of 6 two. A stem has fewer letters than
#: its word: "bycicle" is 6.
FUZZINESS: Final = "AUTO:4,6"
#: Up to two words must all be there; of more, one in four may be missing.
MOST_WORDS: Final = "2<75%"
FACETS_MAX: Final = 30
FACETS: Final = {
    "category": "category_path",
    "kind": "kind",
    "condition": "condition",
    "price": "price_band",
}
#: The last key makes the order total, so that a cursor is exact.
_TIE: Final[dict[str, Any]] = {"item_id": "asc"}
SORTS: Final[dict[Sort, list[Any]]] = {
    "relevance": [{"_score": "desc"}, {"created_at": "desc"}, _TIE],
    "newest": [{"created_at": "desc"}, _TIE],
    "price_asc": [{"price_minor": {"order": "asc", "missing": "_last"}}, _TIE],
    "price_desc": [{"price_minor": {"order": "desc", "missing": "_last"}}, _TIE],
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Who may see what: the community, and prices in minor units."""

    community: str
    price_min: int | None = None
    price_max: int | None = None


def words_of(text: str) -> list[str]:
    """The words that can be looked for: those with a letter or digit, the first few."""
    words = [word for word in text.split() if any(letter.isalnum() for letter in word)]
    telling = [word for word in words if word.lower().strip(".,!?") not in STOP_WORDS]
    return telling[:WORDS_MAX]


def search_body(
    wanted: Wanted, bounds: Bounds, *, tolerant: bool, after: list[Any] | None = None
) -> dict[str, Any]:
    """The engine's request.

    Args:
        wanted: What the person asked.
        bounds: What they may see.
        tolerant: Whether words may be misspelt or missing.
        after: Sort values of the last hit of the page before.
    """
    body: dict[str, Any] = {
        "size": wanted.limit,
        "track_total_hits": True,
        "query": {"bool": {"filter": filters(wanted, bounds), **_text(wanted.q, tolerant)}},
        "sort": SORTS[wanted.sort],
        "highlight": _HIGHLIGHT,
    }
    if after is None:
        body["aggs"] = {
            name: {"terms": {"field": field, "size": FACETS_MAX}} for name, field in FACETS.items()
        }
    else:
        body["search_after"] = after
    return body


def filters(wanted: Wanted, bounds: Bounds) -> list[dict[str, Any]]:
    """What every hit must be."""
    exact = {
        "status": "active",
        "community": bounds.community,
        "kind": wanted.kind,
        "pricing": wanted.pricing,
        "condition": wanted.condition,
        "seller_id": str(wanted.seller) if wanted.seller else None,
    }
    found: list[dict[str, Any]] = [
        {"term": {field: value}} for field, value in exact.items() if value is not None
    ]
    if wanted.category is not None:
        found.append({"term": {"category_path.folded": _tidy_path(wanted.category)}})
    if bounds.price_min is not None or bounds.price_max is not None:
        found += _price_filters(wanted.asset, bounds)
    return found


def _tidy_path(category: str) -> str:
    return " > ".join(part.strip() for part in category.split(">"))


def _price_filters(asset: str, bounds: Bounds) -> list[dict[str, Any]]:
    limits = {
        name: sortable_price(minor)
        for name, minor in (("gte", bounds.price_min), ("lte", bounds.price_max))
        if minor is not None
    }
    return [{"term": {"asset": asset}}, {"range": {"price_minor": limits}}]


def _text(text: str, tolerant: bool) -> dict[str, Any]:  # noqa: FBT001 - two forms of one query
    if not text:
        return {}
    words = words_of(text) or text.split()[:WORDS_MAX]
    plain = " ".join(words)
    every_word = {
        "multi_match": {
            "query": plain,
            "fields": FIELDS,
            "type": "cross_fields",
            "operator": "and",
        }
    }
    whole = [
        {"match_phrase": {"title": {"query": plain, "slop": 1, "boost": 4}}},
        {"multi_match": {"query": plain, "fields": FIELDS, "type": "best_fields"}},
    ]
    if not tolerant:
        return {"must": [every_word], "should": whole}
    most = {"bool": {"should": [*map(_misspelt, words)], "minimum_should_match": MOST_WORDS}}
    return {
        "must": [{"dis_max": {"queries": [every_word, most], "tie_breaker": 0.3}}],
        "should": whole,
    }


def _misspelt(word: str) -> dict[str, Any]:
    fuzzy: dict[str, Any] = {
        "query": word,
        "fields": FIELDS,
        "type": "best_fields",
        "tie_breaker": 0.1,
    }
    # "500" is not a misspelt "50": figures are taken as they are.
    if not any(letter.isdigit() for letter in word):
        fuzzy |= {"fuzziness": FUZZINESS, "prefix_length": 1, "max_expansions": 30}
    return {"multi_match": fuzzy}


_HIGHLIGHT: Final[dict[str, Any]] = {
    # The text is people's own: everything but the marks is escaped.
    "encoder": "html",
    "pre_tags": ["<em>"],
    "post_tags": ["</em>"],
    "max_analyzer_offset": 20_000,
    "fields": {
        "title": {"number_of_fragments": 0},
        "description": {"number_of_fragments": 2, "fragment_size": 120},
        "brand": {"number_of_fragments": 0},
    },
}
