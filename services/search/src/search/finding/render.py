"""From the engine's answer to ours. Pure."""

import math
from typing import Any, Final
from uuid import UUID

from contracts.money import SCALES, render_amount
from search.finding.facets import FACETS, read_counts
from search.finding.meaning import BY_MEANING, BY_WORDS
from search.finding.models import FacetValue, Found, Hit, Place
from search.indexing.documents import SEPARATOR

EARTH_M: Final = 6_371_008.8


def metres_between(here: Place, cell: str) -> int:
    """Along the earth's surface, from a place to a cell such as "12.97,77.59"."""
    north, east = map(float, cell.split(","))
    one, other = math.radians(here.latitude), math.radians(north)
    height = math.sin((other - one) / 2) ** 2
    width = math.sin(math.radians(east - here.longitude) / 2) ** 2
    root = math.sqrt(min(1.0, height + math.cos(one) * math.cos(other) * width))
    return round(2 * EARTH_M * math.asin(root))


def has_words(hit: dict[str, Any]) -> bool:
    """Whether an item has what was written; nothing else is asked for where it is not told."""
    names: list[str] = hit.get("matched_queries", [BY_WORDS])
    return BY_WORDS in names


def render_hit(hit: dict[str, Any], near: Place | None = None) -> Hit:
    """One item."""
    source = hit["_source"]
    asset = source.get("asset")
    price = render_amount(int(source["price_minor"]), asset) if asset in SCALES else None
    levels = source.get("category_path") or []
    return Hit(
        id=source["item_id"],
        version=source["version"],
        title=source["title"],
        description=source.get("description", ""),
        category_path=levels[-1].split(SEPARATOR) if levels else [],
        kind=source["kind"],
        pricing=source["pricing"],
        price=price,
        asset=asset,
        quantity=source["quantity"],
        condition=source.get("condition"),
        brand=source.get("brand"),
        item_type=source.get("item_type"),
        rating=source.get("rating"),
        neighbourhood=source.get("neighbourhood"),
        distance_m=metres_between(near, source["cell"]) if near and "cell" in source else None,
        seller_id=source["seller_id"],
        seller_rating=_stars(source.get("seller_rating_hundredths")),
        seller_rating_count=source.get("seller_rating_count", 0),
        community=source["community"],
        image_urls=source.get("image_urls", []),
        created_at=source["created_at"],
        changed_at=source["changed_at"],
        matched_by=BY_WORDS if has_words(hit) else BY_MEANING,
        highlights=hit.get("highlight", {}),
    )


def _stars(hundredths: int | None) -> str | None:
    """Such as 4.17."""
    return None if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d}"


def render_found(
    answer: dict[str, Any],
    *,
    query_id: UUID,
    tolerant: bool,
    did_you_mean: str | None = None,
    near: Place | None = None,
    next_cursor: str | None,
) -> Found:
    """A page of items, with the facets on the first."""
    groups = answer.get("aggregations", {})
    return Found(
        query_id=query_id,
        total=answer["hits"]["total"]["value"],
        tolerant=tolerant,
        did_you_mean=did_you_mean,
        took_ms=answer["took"],
        items=[render_hit(hit, near) for hit in answer["hits"]["hits"]],
        facets={
            name: [
                FacetValue(value=bucket["key"], count=bucket["doc_count"])
                for bucket in read_counts(groups[name])
            ]
            for name in FACETS
            if name in groups
        },
        next_cursor=next_cursor,
    )
