"""From what is wanted to what the engine is asked. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from search.finding.facets import chosen, facet_requests
from search.finding.meaning import Similar, words_or_meaning
from search.finding.models import Place, Sort, Wanted
from search.finding.spelling import spelling_request
from search.finding.understand import Form, Slot, Understood, edits_allowed
from search.indexing.documents import sortable_price

FIELDS: Final = (
    "title^3",
    "brand^3",
    "item_type^2.5",
    "category.leaf^1.5",
    "category^0.6",
    "description^0.5",
)
#: Words of one phrase may stand in different fields; those have one analyser.
CROSS_FIELDS: Final = ("title^3", "brand^3", "item_type^2.5", "category^1", "description^0.5")
JOINED_FIELDS: Final = ("title.joined^3", "brand.joined^3", "item_type.joined^2.5")
HEADS: Final = (("title.head", 4.0), ("item_type.heads", 6.0), ("category.heads", 3.0))
NAMED: Final = (("item_type", 6.0), ("category.leaf", 5.0))
#: A category, a type or a brand by its whole name.
NAMES: Final = (("category.name", 8.0), ("item_type.name", 6.0))
BRAND: Final = 6.0
SIZE: Final = 7.0
#: That every word is there, where some may be missing.
COMPLETE: Final = 12.0
PHRASE_BOOST: Final = 1.0
PHRASE: Final = 0.6
#: Of what is looked for tolerantly, this much must be there.
MOST_WORDS: Final = "50%"
_TIE: Final[dict[str, Any]] = {"item_id": "asc"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Who may see what: the community, prices in minor units, and where the searcher is."""

    community: str
    price_min: int | None = None
    price_max: int | None = None
    near: Place | None = None


def sort_keys(sort: Sort, near: Place | None = None) -> list[dict[str, Any]]:
    """What hits are ordered by; the last key makes the order total, so that a cursor is exact."""
    if sort == "relevance":
        return [{"_score": "desc"}, {"created_at": "desc"}, _TIE]
    if sort == "newest":
        return [{"created_at": "desc"}, _TIE]
    if sort == "distance":
        where = {"lat": near.latitude, "lon": near.longitude} if near else None
        return [{"_geo_distance": {"cell": where, "order": "asc", "unit": "m"}}, _TIE]
    order = "asc" if sort == "price_asc" else "desc"
    return [{"price_minor": {"order": order, "missing": "_last"}}, _TIE]


def search_body(
    wanted: Wanted,
    bounds: Bounds,
    understood: Understood,
    *,
    tolerant: bool,
    codes: bool = False,
    after: list[Any] | None = None,
    similar: Similar | None = None,
) -> dict[str, Any]:
    """The engine's request.

    Args:
        wanted: What the person asked.
        bounds: What they may see.
        understood: The words of it.
        tolerant: Whether words may be misspelt or missing.
        codes: Whether what has a figure must be there all the same.
        after: Sort values of the last hit of the page before.
        similar: What is looked for by meaning, too.
    """
    picks = chosen(wanted)
    body: dict[str, Any] = {
        "size": wanted.limit,
        "track_total_hits": True,
        "sort": sort_keys(wanted.sort, bounds.near),
        "highlight": _HIGHLIGHT,
    }
    must = filters(wanted, bounds)
    if after is None:
        body["aggs"] = facet_requests(picks)
        if picks:
            body["post_filter"] = {"bool": {"filter": list(picks.values())}}
        if understood.slots and not tolerant:
            body["suggest"] = spelling_request(understood.text)
    else:
        body["search_after"] = after
        must += picks.values()
    text = text_query(wanted.q, understood, tolerant=tolerant, codes=codes)
    if similar and text:
        fixed = _fixed(understood) if codes else []
        body["query"] = words_or_meaning(must, text, similar, fixed=fixed)
    else:
        body["query"] = {"bool": {"filter": must, **text}}
    return body


def filters(wanted: Wanted, bounds: Bounds) -> list[dict[str, Any]]:
    """What every hit must be, whatever facets are chosen."""
    exact = {
        "status": "active",
        "community": bounds.community,
        "seller_id": str(wanted.seller) if wanted.seller else None,
    }
    found: list[dict[str, Any]] = [
        {"term": {field: value}} for field, value in exact.items() if value is not None
    ]
    if bounds.price_min is not None or bounds.price_max is not None:
        found += _price_filters(wanted.asset, bounds)
    if wanted.rating_min is not None:
        found.append({"range": {"rating_hundredths": {"gte": wanted.rating_min * 100}}})
    if wanted.seller_rating_min is not None:
        least = int(Decimal(wanted.seller_rating_min) * 100)
        found.append({"range": {"seller_rating_hundredths": {"gte": least}}})
    if bounds.near and wanted.within_km is not None:
        where = {"lat": bounds.near.latitude, "lon": bounds.near.longitude}
        found.append({"geo_distance": {"distance": f"{wanted.within_km}km", "cell": where}})
    return found


def _price_filters(asset: str, bounds: Bounds) -> list[dict[str, Any]]:
    limits = {
        name: sortable_price(minor)
        for name, minor in (("gte", bounds.price_min), ("lte", bounds.price_max))
        if minor is not None
    }
    return [{"term": {"asset": asset}}, {"range": {"price_minor": limits}}]


def text_query(
    q: str, understood: Understood, *, tolerant: bool, codes: bool = False
) -> dict[str, Any]:
    """How words are looked for: each in its best field, in any of its forms."""
    if not q:
        return {}
    if not understood.slots:
        return {"must": [{"match_none": {}}]}
    needed = [slot for slot in understood.slots if not slot.optional]
    sizes = [_size(slot) for slot in understood.slots if slot.optional]
    should = [*sizes, *_whole(understood)]
    slots = [_any_form(slot, tolerant=tolerant) for slot in needed]
    if not tolerant:
        return {"must": slots, "should": should}
    some = {"bool": {"should": slots, "minimum_should_match": MOST_WORDS}}
    every = _flat({"bool": {"filter": slots}}, COMPLETE)
    fixed = _fixed(understood) if codes else []
    return {"must": [some, *fixed], "should": [*should, every]}


def _fixed(understood: Understood) -> list[dict[str, Any]]:
    """Somebody's "model 90x200" was found: another model is not what they meant."""
    needed = (slot for slot in understood.slots if not slot.optional and _has_figure(slot.text))
    return [_any_form(slot, tolerant=False) for slot in needed]


def _has_figure(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _size(slot: Slot) -> dict[str, Any]:
    text = " ".join(form.text for form in slot.forms)
    return _flat({"multi_match": {"query": text, "fields": ["title", "description"]}}, SIZE)


def _any_form(slot: Slot, *, tolerant: bool) -> dict[str, Any]:
    forms = [_form(form) for form in slot.forms]
    if tolerant:
        forms += _misspelt(slot)
    return forms[0] if len(forms) == 1 else {"dis_max": {"queries": forms, "tie_breaker": 0.0}}


def _form(form: Form) -> dict[str, Any]:
    if form.joined:
        fields: tuple[str, ...] = ("title^3", "brand^3", "item_type^2.5")
        return {"multi_match": {"query": form.text, "fields": fields, "boost": form.weight}}
    if form.words > 1 and form.weight == 1:
        every = {"query": form.text, "fields": CROSS_FIELDS, "type": "cross_fields"}
        return {"multi_match": {**every, "operator": "and"}}
    if form.words > 1:
        # A phrase has the weight of all its words: less is enough.
        near = {"query": form.text, "fields": FIELDS, "type": "phrase", "slop": 2}
        return {"multi_match": {**near, "boost": form.weight * PHRASE}}
    return {
        "multi_match": {
            "query": form.text,
            "fields": [*FIELDS, *JOINED_FIELDS],
            "type": "best_fields",
            "tie_breaker": 0.25,
            "boost": form.weight,
        }
    }


def _misspelt(slot: Slot) -> list[dict[str, Any]]:
    word = slot.text
    # "500" is not a misspelt "50": figures are taken as they are.
    if " " in word or _has_figure(word) or not edits_allowed(word):
        return []
    fuzzy = {
        "query": word,
        "fields": FIELDS,
        "type": "best_fields",
        "fuzziness": edits_allowed(word),
        "prefix_length": 1,
        "max_expansions": 20,
        "boost": 0.3,
    }
    return [{"multi_match": fuzzy}]


def _whole(understood: Understood) -> list[dict[str, Any]]:
    """What speaks for a hit beside its words: their order, their being what the thing is."""
    needed = [slot for slot in understood.slots if not slot.optional]
    if not needed:
        return []
    text = " ".join(slot.text for slot in needed)
    found: list[dict[str, Any]] = [
        {"match": {"title.exact": {"query": text, "boost": 0.5}}},
        {"match": {"item_type": {"query": text, "operator": "and", "boost": 2}}},
    ]
    heads = " ".join(dict.fromkeys(form.text.split()[-1] for form in needed[-1].forms))
    # What a thing is, and not what it is made of or for; how many there are makes it no less so.
    for field, boost in HEADS:
        found.append(_flat({"match": {field: heads}}, boost))
    found += [_flat({"term": {field: text}}, boost) for field, boost in NAMES]
    found.append(_flat({"terms": {"brand.name": _names(needed)}}, BRAND))
    if len(text.split()) > 1:
        found += [
            {"match_phrase": {"title": {"query": text, "slop": 2, "boost": PHRASE_BOOST}}},
        ]
        # Whoever names a category wants what is in it.
        for field, boost in NAMED:
            found.append(_flat({"match_phrase": {field: {"query": text, "slop": 1}}}, boost))
    return found


def _names(slots: Sequence[Slot]) -> list[str]:
    """What a brand may be called: each form, and neighbours together."""
    words = [slot.text for slot in slots]
    pairs = [" ".join(words[first : first + 2]) for first in range(len(words) - 1)]
    return list(dict.fromkeys([*pairs, *(form.text for slot in slots for form in slot.forms)]))


def _flat(query: dict[str, Any], boost: float) -> dict[str, Any]:
    return {"constant_score": {"filter": query, "boost": boost}}


_HIGHLIGHT: Final[dict[str, Any]] = {
    # The text is people's own: everything but the marks is escaped.
    "encoder": "html",
    "pre_tags": ["<em>"],
    "post_tags": ["</em>"],
    "max_analyzer_offset": 20_000,
    "fields": {
        "title": {"number_of_fragments": 0, "matched_fields": ["title"]},
        "description": {"number_of_fragments": 2, "fragment_size": 120},
        "brand": {"number_of_fragments": 0},
    },
}
