"""From the engine's answer to ours. Pure."""

from typing import Any
from uuid import UUID

from contracts.money import SCALES, render_amount
from search.finding.models import FacetValue, Found, Hit
from search.finding.query import FACETS
from search.indexing.documents import SEPARATOR


def render_hit(hit: dict[str, Any]) -> Hit:
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
        seller_id=source["seller_id"],
        community=source["community"],
        image_urls=source.get("image_urls", []),
        created_at=source["created_at"],
        changed_at=source["changed_at"],
        highlights=hit.get("highlight", {}),
    )


def render_found(
    answer: dict[str, Any], *, query_id: UUID, tolerant: bool, next_cursor: str | None
) -> Found:
    """A page of items, with the facets on the first."""
    groups = answer.get("aggregations", {})
    return Found(
        query_id=query_id,
        total=answer["hits"]["total"]["value"],
        tolerant=tolerant,
        took_ms=answer["took"],
        items=[render_hit(hit) for hit in answer["hits"]["hits"]],
        facets={
            name: [
                FacetValue(value=bucket["key"], count=bucket["doc_count"])
                for bucket in groups[name]["buckets"]
            ]
            for name in FACETS
            if name in groups
        },
        next_cursor=next_cursor,
    )
