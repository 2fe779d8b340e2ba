"""Find items."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from search.engine import Engine, EngineAway
from search.finding.cursors import Cursor, read_cursor, search_digest, write_cursor
from search.finding.models import Found, Wanted
from search.finding.query import Bounds, search_body
from search.finding.render import render_found
from search.finding.spelling import Corrections, corrected_text, mend, read_corrections
from search.finding.understand import Understood, understand
from search.indexing.mapping import READ_ALIAS
from search.synonyms.book import Book

#: With fewer hits than this, words are taken as perhaps misspelt, and some may be missing.
ENOUGH_HITS: Final = 6


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the engine answered, and how it was asked."""

    page: dict[str, Any]
    tolerant: bool = False
    corrections: Corrections | None = None

    @property
    def total(self) -> int:
        total: int = self.page["hits"]["total"]["value"]
        return total


async def find_items(
    engine: Engine, wanted: Wanted, bounds: Bounds, *, book: Book, query_id: UUID
) -> Found:
    """Look for items, strictly first and tolerantly when too little is found.

    Args:
        engine: The engine.
        wanted: What the person asked.
        bounds: What they may see.
        book: Synonyms.
        query_id: Names this search in the query log.

    Raises:
        Malformed: The cursor is none of ours.
        EngineAway: The engine can't answer now.
    """
    digest = search_digest(wanted, bounds)
    understood = understand(wanted.q, book)
    cursor = read_cursor(wanted.cursor, digest, wanted.sort) if wanted.cursor else None
    if cursor is not None:
        # What was mended on the first page is mended on the next.
        meant = mend(understood, cursor.corrections, book)
        page = await _ask(engine, wanted, bounds, meant, cursor.tolerant, cursor.after)
        answer = _Answer(page, cursor.tolerant, cursor.corrections)
    else:
        answer = await _first_page(engine, wanted, bounds, understood, book)
    hits = answer.page["hits"]["hits"]
    further = None
    if len(hits) == wanted.limit:
        ended = Cursor(hits[-1]["sort"], answer.tolerant, dict(answer.corrections or {}))
        further = write_cursor(ended, digest)
    return render_found(
        answer.page,
        query_id=query_id,
        tolerant=answer.tolerant,
        did_you_mean=corrected_text(understood, answer.corrections or {}) if hits else None,
        near=bounds.near,
        next_cursor=further,
    )


async def _first_page(
    engine: Engine, wanted: Wanted, bounds: Bounds, understood: Understood, book: Book
) -> _Answer:
    strict = _Answer(await _ask(engine, wanted, bounds, understood))
    # In another order than that of relevance, what fits less would stand above what fits.
    enough = ENOUGH_HITS if wanted.sort == "relevance" else 1
    if not understood.slots or strict.total >= enough:
        return strict
    corrections = read_corrections(strict.page)
    meant = mend(understood, corrections, book)
    loose = _Answer(
        await _ask(engine, wanted, bounds, meant, tolerant=True),
        tolerant=True,
        corrections=corrections,
    )
    # Tolerance that finds nothing more is none: the strict page is the better one.
    if loose.total <= strict.total:
        return strict
    loose.page["took"] += strict.page["took"]
    return loose


async def _ask(
    engine: Engine,
    wanted: Wanted,
    bounds: Bounds,
    understood: Understood,
    tolerant: bool = False,  # noqa: FBT001, FBT002 - two forms of one query
    after: list[Any] | None = None,
) -> dict[str, Any]:
    body = search_body(wanted, bounds, understood, tolerant=tolerant, after=after)
    answer: dict[str, Any] = await engine.call("POST", f"/{READ_ALIAS}/_search", body)
    if answer["timed_out"] or answer["_shards"]["failed"]:
        raise EngineAway("search is busy", retry_after_seconds=2)
    return answer
