"""Drop documents from the index."""

from collections.abc import Sequence
from uuid import UUID

from search.engine import Engine
from search.indexing.mapping import WRITE_ALIAS


async def drop_documents(engine: Engine, items: Sequence[UUID]) -> None:
    """Let documents go that belong to nobody, versions and all; one that is gone is no trouble.

    Args:
        engine: The engine.
        items: Which; those that searches can see.

    Raises:
        EngineAway: Not now; a repeat is safe.
    """
    query = {"query": {"terms": {"item_id": [str(one) for one in items]}}}
    params = {"conflicts": "proceed", "refresh": "true"}
    path = f"/{WRITE_ALIAS}/_delete_by_query"
    await engine.call("POST", path, query, params=params, timeout_seconds=20)
