"""Find items."""

from typing import Any, Final
from uuid import UUID

from search.engine import Engine, EngineAway
from search.finding.cursors import Cursor, read_cursor, search_digest, write_cursor
from search.finding.models import Found, Wanted
from search.finding.query import Bounds, search_body
from search.finding.render import render_found
from search.indexing.mapping import READ_ALIAS

#: With fewer hits than this, words are taken as perhaps misspelt.
ENOUGH_HITS: Final = 3


async def find_items(engine: Engine, wanted: Wanted, bounds: Bounds, *, query_id: UUID) -> Found:
    """Look for items, strictly first and tolerantly when too little is found.

    Args:
        engine: The engine.
        wanted: What the person asked.
        bounds: What they may see.
        query_id: Names this search in the query log.

    Raises:
        Malformed: The cursor is none of ours.
        EngineAway: The engine can't answer now.
    """
    digest = search_digest(wanted, bounds)
    if wanted.cursor is not None:
        cursor = read_cursor(wanted.cursor, digest, wanted.sort)
        answer = await _ask(engine, wanted, bounds, cursor)
        return _page(answer, wanted, digest, cursor.tolerant, query_id)
    answer = await _ask(engine, wanted, bounds, None)
    tolerant = False
    if wanted.q and answer["hits"]["total"]["value"] < ENOUGH_HITS:
        loose = await _ask(engine, wanted, bounds, None, tolerant=True)
        # Tolerance that finds nothing more is none: the strict page is the better one.
        if loose["hits"]["total"]["value"] > answer["hits"]["total"]["value"]:
            loose["took"] += answer["took"]
            answer, tolerant = loose, True
    return _page(answer, wanted, digest, tolerant, query_id)


async def _ask(
    engine: Engine,
    wanted: Wanted,
    bounds: Bounds,
    cursor: Cursor | None,
    *,
    tolerant: bool = False,
) -> dict[str, Any]:
    body = search_body(
        wanted,
        bounds,
        tolerant=cursor.tolerant if cursor else tolerant,
        after=cursor.after if cursor else None,
    )
    answer: dict[str, Any] = await engine.call("POST", f"/{READ_ALIAS}/_search", body)
    if answer["timed_out"] or answer["_shards"]["failed"]:
        raise EngineAway("search is busy", retry_after_seconds=2)
    return answer


def _page(
    answer: dict[str, Any],
    wanted: Wanted,
    digest: str,
    tolerant: bool,  # noqa: FBT001 - a fact of the page
    query_id: UUID,
) -> Found:
    hits = answer["hits"]["hits"]
    more = len(hits) == wanted.limit
    cursor = write_cursor(Cursor(hits[-1]["sort"], tolerant), digest) if more else None
    return render_found(answer, query_id=query_id, tolerant=tolerant, next_cursor=cursor)
