"""Find items."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from search.embedding.model import Model, Vector
from search.engine import Engine, EngineAway
from search.finding.cursors import Cursor, read_cursor, search_digest, write_cursor
from search.finding.meaning import Similar, meant_text, nearest_body, read_floor
from search.finding.models import Found, Wanted
from search.finding.query import Bounds, filters, search_body
from search.finding.render import has_words, render_found
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


@dataclass(frozen=True, slots=True)
class _Search:
    """One search: what is wanted, and whom it may ask."""

    engine: Engine
    wanted: Wanted
    bounds: Bounds
    book: Book
    model: Model | None

    async def first_page(self, understood: Understood) -> _Answer:
        """Strictly, and tolerantly when too little is found."""
        strict = await self.ask(understood, Cursor([], tolerant=False), None)
        by_relevance = self.wanted.sort == "relevance"
        # In another order than that of relevance, what fits less would stand above what fits.
        enough = ENOUGH_HITS if by_relevance else 1
        if not understood.slots or strict.total >= enough:
            return strict
        corrections = read_corrections(strict.page)
        how = Cursor([], tolerant=True, codes=strict.total > 0, corrections=corrections)
        similar = await self.nearest(understood, how) if by_relevance else None
        if similar:
            how = replace(how, floor=similar.floor)
        loose = await self.ask(understood, how, similar)
        # Tolerance that finds nothing more is none: the strict page is the better one.
        if loose.total <= strict.total:
            return strict
        loose.page["took"] += strict.page["took"]
        return loose

    async def next_page(self, understood: Understood, how: Cursor) -> _Answer:
        """As the first page was asked for: by meaning, too, if that was."""
        if how.floor is None:
            return await self.ask(understood, how, None)
        vector = await self.vector(understood, how)
        return await self.ask(understood, how, Similar(vector, how.floor) if vector else None)

    async def vector(self, understood: Understood, how: Cursor) -> Vector | None:
        """What is looked for by meaning, if there is a model that knows a word of it."""
        if self.model is None:
            return None
        text = meant_text(understood, how.corrections, self.model.is_whole)
        # Beside the loop: the first text waits for the model's files.
        return await asyncio.to_thread(self.model.embed, (text, 1))

    async def nearest(self, understood: Understood, how: Cursor) -> Similar | None:
        """What to compare with, and how similar the nearest are; None where nothing is compared."""
        vector = await self.vector(understood, how) if self.engine.has_fields else None
        if vector is None:
            return None
        body = nearest_body(filters(self.wanted, self.bounds), vector)
        found = await self.engine.call("POST", f"/{READ_ALIAS}/_search", body)
        return Similar(vector, read_floor(found))

    async def ask(self, understood: Understood, how: Cursor, similar: Similar | None) -> _Answer:
        """One request; what was mended on the first page is mended on the next."""
        body = search_body(
            self.wanted,
            self.bounds,
            mend(understood, how.corrections, self.book),
            tolerant=how.tolerant,
            codes=how.codes,
            after=how.after or None,
            similar=similar,
        )
        answer: dict[str, Any] = await self.engine.call("POST", f"/{READ_ALIAS}/_search", body)
        if answer["timed_out"] or answer["_shards"]["failed"]:
            raise EngineAway("search is busy", retry_after_seconds=2)
        return _Answer(answer, how)


async def find_items(
    engine: Engine,
    wanted: Wanted,
    bounds: Bounds,
    *,
    book: Book,
    query_id: UUID,
    model: Model | None = None,
) -> Found:
    """Look for items, strictly first; tolerantly and by meaning when too little is found.

    Args:
        engine: The engine.
        wanted: What the person asked.
        bounds: What they may see.
        book: Synonyms.
        query_id: Names this search in the query log.
        model: What makes vectors; without it, words alone are looked for.

    Raises:
        Malformed: The cursor is none of ours.
        EngineAway: The engine can't answer now.
    """
    digest = search_digest(wanted, bounds)
    understood = understand(wanted.q, book)
    search = _Search(engine, wanted, bounds, book, model)
    if wanted.cursor:
        answer = await search.next_page(understood, read_cursor(wanted.cursor, digest, wanted.sort))
    else:
        answer = await search.first_page(understood)
    hits, how = answer.page["hits"]["hits"], answer.how
    further = None
    if len(hits) == wanted.limit:
        further = write_cursor(replace(how, after=hits[-1]["sort"]), digest)
    # A word that was mended and found nothing here is no better than what was written.
    mended = how.corrections if any(map(has_words, hits)) else {}
    return render_found(
        answer.page,
        query_id=query_id,
        tolerant=how.tolerant,
        did_you_mean=corrected_text(understood, mended),
        near=bounds.near,
        next_cursor=further,
    )
