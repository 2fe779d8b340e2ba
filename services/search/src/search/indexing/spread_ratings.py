"""Bring ratings that have changed into the documents of their sellers."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from search.engine import Engine, EngineAway
from search.indexing.documents import with_rating
from search.indexing.mapping import WRITE_ALIAS
from search.indexing.queries import KEEP_WRITES, WAIT_FOR_ENGINE
from search.indexing.write_documents import write_documents
from search.sellers.go_on_spreading import go_on_spreading
from search.sellers.models import Spreading
from search.sellers.take_spreading import take_spreading

SELLERS_MAX: Final = 100
PAGE: Final = 500
_BEGINNING: Final = UUID(int=0)


async def spread_ratings(
    conn: Connection, engine: Engine, *, timeout_seconds: float, size: int = PAGE
) -> bool:
    """Bring the ratings of some sellers into the next page of their documents.

    A document keeps its version, so that a newer one of the item is never overwritten. How far each
    seller is stands in the row that says so, and changes with this transaction: whatever breaks off
    is done again.

    Args:
        conn: Open transaction; the caller commits.
        engine: The engine.
        timeout_seconds: Limit for each request.
        size: Documents in a page.

    Returns:
        Whether there was anything to do.

    Raises:
        EngineAway: Not now; a repeat is safe.
    """
    taken = await take_spreading(conn, SELLERS_MAX)
    if not taken:
        return False
    await conn.execute(WAIT_FOR_ENGINE)
    await conn.execute(KEEP_WRITES)
    if any(one.after == _BEGINNING for one in taken):
        # What was written before the rating changed must be found.
        await engine.call("POST", f"/{WRITE_ALIAS}/_refresh", timeout_seconds=timeout_seconds)
    documents = await _fetch_page(engine, taken, size, timeout_seconds=timeout_seconds)
    ratings = {str(one.seller_id): one.rating for one in taken}
    rated = [with_rating(document, ratings[document["seller_id"]]) for document in documents]
    others = [new for new, old in zip(rated, documents, strict=True) if new != old]
    if others:
        await write_documents(engine, others, timeout_seconds=timeout_seconds)
    last = None
    if len(documents) == size:
        last = UUID(documents[-1]["seller_id"]), UUID(documents[-1]["item_id"])
    await go_on_spreading(conn, taken, last)
    return True


async def _fetch_page(
    engine: Engine, taken: Sequence[Spreading], size: int, *, timeout_seconds: float
) -> list[dict[str, Any]]:
    """The next documents of these sellers, in order of seller and item; tombstones have none."""
    fresh = [str(one.seller_id) for one in taken if one.after == _BEGINNING]
    begun = [_behind(one) for one in taken if one.after != _BEGINNING]
    wanted = {"should": [{"terms": {"seller_id": fresh}}, *begun], "minimum_should_match": 1}
    body = {
        "size": size,
        "query": {"bool": wanted},
        "sort": [{"seller_id": "asc"}, {"item_id": "asc"}],
    }
    path = f"/{WRITE_ALIAS}/_search"
    answer = await engine.call("POST", path, body, timeout_seconds=timeout_seconds)
    if answer["timed_out"] or answer["_shards"]["failed"]:
        raise EngineAway("the index can't be read whole now", retry_after_seconds=2)
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def _behind(one: Spreading) -> dict[str, Any]:
    further = {"range": {"item_id": {"gt": str(one.after)}}}
    return {"bool": {"filter": [{"term": {"seller_id": str(one.seller_id)}}, further]}}
