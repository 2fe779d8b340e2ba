"""Facets that can be chosen, and how many hits each choice would have. Pure."""

from typing import Any, Final

from search.finding.models import Wanted

FACETS_MAX: Final = 30
#: Each facet, and the field that it counts.
FACETS: Final = {
    "category": "category_path",
    "kind": "kind",
    "condition": "condition",
    "pricing": "pricing",
    "brand": "brand.raw",
    "price": "price_band",
}

type Picks = dict[str, dict[str, Any]]


def chosen(wanted: Wanted) -> Picks:
    """The filter of each facet in which something is chosen; several choices are alternatives."""
    picks = {
        "category": ("category_path.folded", [_tidy_path(one) for one in wanted.category]),
        "kind": ("kind", list(wanted.kind)),
        "condition": ("condition", list(wanted.condition)),
        "pricing": ("pricing", list(wanted.pricing)),
        "brand": ("brand.name", list(wanted.brand)),
    }
    return {name: {"terms": {field: values}} for name, (field, values) in picks.items() if values}


def facet_requests(picks: Picks) -> dict[str, Any]:
    """Counts of each facet under the choices made in the *others*: what one more choice gives."""
    return {name: _request(name, field, picks) for name, field in FACETS.items()}


def _request(name: str, field: str, picks: Picks) -> dict[str, Any]:
    counts = {"terms": {"field": field, "size": FACETS_MAX}}
    others = [pick for other, pick in picks.items() if other != name]
    if not others:
        return counts
    return {"filter": {"bool": {"filter": others}}, "aggs": {"counts": counts}}


def read_counts(group: dict[str, Any]) -> list[dict[str, Any]]:
    """The buckets of a facet, however it was asked."""
    buckets: list[dict[str, Any]] = group.get("counts", group)["buckets"]
    return buckets


def _tidy_path(category: str) -> str:
    return " > ".join(part.strip() for part in category.split(">"))
