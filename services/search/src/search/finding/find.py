"""Find items."""

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from search.engine import Engine, EngineAway
from search.finding.cursors import Cursor, read_cursor, search_digest, write_cursor
from search.finding.models import Found, Wanted
from search.finding.query import Bounds, search_body
from search.finding.render import render_found
from search.finding.spelling import corrected_text, mend, read_corrections
from search.finding.understand import Understood, understand
from search.indexing.mapping import READ_ALIAS
from search.synonyms.book import Book

#: With fewer hits than this, words are taken as perhaps misspelt, and some may be missing.
ENOUGH_HITS: Final = 6


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the engine answered, and how it was asked."""

    page: dict[str, Any]
    how: Cursor

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
    if wanted.cursor:
        how = read_cursor(wanted.cursor, digest, wanted.sort)
        # What was mended on the first page is mended on the next.
        meant = mend(understood, how.corrections, book)
        answer = await _ask(engine, wanted, bounds, meant, how)
    else:
        answer = await _first_page(engine, wanted, bounds, understood, book)
    hits, how = answer.page["hits"]["hits"], answer.how
    further = None
    if len(hits) == wanted.limit:
        further = write_cursor(replace(how, after=hits[-1]["sort"]), digest)
    return render_found(
        answer.page,
        query_id=query_id,
        tolerant=how.tolerant,
        did_you_mean=corrected_text(understood, how.corrections) if hits else None,
        near=bounds.near,
        next_cursor=further,
    )


async def _first_page(
    engine: Engine, wanted: Wanted, bounds: Bounds, understood: Understood, book: Book
) -> _Answer:
    strict = await _ask(engine, wanted, bounds, understood, Cursor([], tolerant=False))
    # In another order than that of relevance, what fits less would stand above what fits.
    enough = ENOUGH_HITS if wanted.sort == "relevance" else 1
    if not understood.slots or strict.total >= enough:
        return strict
    corrections = read_corrections(strict.page)
    meant = mend(understood, corrections, book)
    how = Cursor([], tolerant=True, codes=strict.total > 0, corrections=corrections)
    loose = await _ask(engine, wanted, bounds, meant, how)
    # Tolerance that finds nothing more is none: the strict page is the better one.
    if loose.total <= strict.total:
        return strict
    loose.page["took"] += strict.page["took"]
    return loose


async def _ask(
    engine: Engine, wanted: Wanted, bounds: Bounds, understood: Understood, how: Cursor
) -> _Answer:
    body = search_body(
        wanted,
        bounds,
        understood,
        tolerant=how.tolerant,
        codes=how.codes,
        after=how.after or None,
    )
    answer: dict[str, Any] = await engine.call("POST", f"/{READ_ALIAS}/_search", body)
    if answer["timed_out"] or answer["_shards"]["failed"]:
        raise EngineAway("search is busy", retry_after_seconds=2)
    return _Answer(answer, how)
