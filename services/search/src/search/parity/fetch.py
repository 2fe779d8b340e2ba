"""Fetch documents as they are in the index."""

from typing import Any, Final
from uuid import UUID

from search.engine import Engine
from search.indexing.mapping import WRITE_ALIAS
from search.parity.lifecycle import indexed_of
from search.parity.models import Told

PAGE: Final = 500
PAGES_MAX: Final = 20


async def fetch_documents(
    engine: Engine, query: dict[str, Any], index: str = WRITE_ALIAS
) -> dict[UUID, Told]:
    """Documents by id, tombstones too; at most ten thousand.

    Args:
        engine: The engine.
        query: Which documents.
        index: Instead of what is written to now.

    Raises:
        EngineAway: Not now.
    """
    found: dict[UUID, Told] = {}
    after: list[Any] | None = None
    for _ in range(PAGES_MAX):
        body: dict[str, Any] = {"size": PAGE, "query": query, "sort": [{"item_id": "asc"}]}
        if after:
            body["search_after"] = after
        answer = await engine.call("POST", f"/{index}/_search", body, timeout_seconds=10)
        hits = answer["hits"]["hits"]
        for hit in hits:
            one = indexed_of(hit["_source"])
            found[one.item_id] = one
        if len(hits) < PAGE:
            break
        after = hits[-1]["sort"]
    return found
