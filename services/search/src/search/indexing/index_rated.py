"""Write items into the index, with the ratings of their sellers."""

from collections.abc import Sequence

from chassis.database import Connection
from contracts.marketplace import ItemChanged
from search.engine import Engine
from search.indexing.index_items import index_items
from search.indexing.queries import WAIT_FOR_ENGINE
from search.sellers.read import read_ratings
from search.sellers.spread_again import spread_again


async def index_rated(
    conn: Connection,
    engine: Engine,
    items: Sequence[ItemChanged],
    *,
    timeout_seconds: float,
    index: str | None = None,
) -> int:
    """Bring items into the index as `index_items` does, each with what its seller's rating is.

    Whoever spreads a rating looks for documents after it was committed. So a rating that is still
    the same when the documents are there will be spread to them if it changes; one that has changed
    meanwhile may have been spread before, and is spread again.

    Args:
        conn: Open transaction that reads what is committed; the caller commits.
        engine: The engine.
        items: In any order, several versions of an item among them.
        timeout_seconds: Limit for each request.
        index: Instead of what is written to now.

    Returns:
        How many documents were written.

    Raises:
        EngineAway: Not now; nothing or a part was written, and a repeat is safe.
        EngineRefused: A document that the index can't take.
    """
    await conn.execute(WAIT_FOR_ENGINE)
    sellers = {item.seller_id for item in items}
    ratings = await read_ratings(conn, sellers)
    written = await index_items(
        engine, items, timeout_seconds=timeout_seconds, index=index, ratings=ratings
    )
    by_now = await read_ratings(conn, sellers)
    others = [one for one in sellers if ratings.get(one) != by_now.get(one)]
    if others:
        await spread_again(conn, others)
    return written
