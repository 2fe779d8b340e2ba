"""What can be suggested besides items, kept by each process for a while."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from chassis.clock import Clock
from chassis.database import Database
from chassis.logs import get_logger
from search.analytics.list_popular import list_popular
from search.engine import Engine
from search.indexing.mapping import READ_ALIAS
from search.suggestions.matching import Term, Terms

log = get_logger(__name__)

FRESH_SECONDS: Final = 30.0
COMMUNITIES_MAX: Final = 200
CATEGORIES_MAX: Final = 2_000
QUERIES_MAX: Final = 1_000
POPULAR_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Words:
    """The terms of one community, and when they were read."""

    categories: Terms
    queries: Terms
    read_at: float


class Vocabulary:
    """Categories and popular searches by community; old ones serve while new ones are read."""

    def __init__(self, engine: Engine, database: Database, clock: Clock) -> None:
        """Read from the engine and the query log."""
        self._engine, self._database, self._clock = engine, database, clock
        self._known: OrderedDict[str, Words] = OrderedDict()
        self._reading: dict[str, asyncio.Task[Words]] = {}

    async def words(self, community: str) -> Words:
        """The terms of a community.

        Raises:
            EngineAway: They were never read, and the engine can't answer now.
        """
        known = self._known.get(community)
        if known is None:
            return await asyncio.shield(self._read(community))
        self._known.move_to_end(community)
        if time.monotonic() - known.read_at > FRESH_SECONDS:
            self._read(community)
        return known

    def _read(self, community: str) -> asyncio.Task[Words]:
        """One reader at a time for each community, however many wait."""
        task = self._reading.get(community)
        if task is None:
            task = asyncio.create_task(self._fetch(community))
            self._reading[community] = task
            task.add_done_callback(lambda done: self._settle(community, done))
        return task

    def _settle(self, community: str, done: asyncio.Task[Words]) -> None:
        self._reading.pop(community, None)
        if done.cancelled():
            return
        if (error := done.exception()) is not None:
            log.info("vocabulary.not_read", community=community, error=repr(error))
            return
        self._known[community] = done.result()
        self._known.move_to_end(community)
        while len(self._known) > COMMUNITIES_MAX:
            self._known.popitem(last=False)

    async def _fetch(self, community: str) -> Words:
        filters = [{"term": {"status": "active"}}, {"term": {"community": community}}]
        counts = {"terms": {"field": "category_path", "size": CATEGORIES_MAX}}
        body = {"size": 0, "query": {"bool": {"filter": filters}}, "aggs": {"paths": counts}}
        answer = await self._engine.call("POST", f"/{READ_ALIAS}/_search", body)
        buckets: Sequence[Any] = answer["aggregations"]["paths"]["buckets"]
        return Words(
            Terms.of(Term.of(one["key"], one["doc_count"]) for one in buckets),
            await self._popular(community),
            time.monotonic(),
        )

    async def _popular(self, community: str) -> Terms:
        since = self._clock.now() - timedelta(days=POPULAR_DAYS)
        try:
            async with self._database.connection() as conn:
                found = await list_popular(conn, community, since=since, limit=QUERIES_MAX)
        except Exception as error:  # noqa: BLE001 - items and categories are suggested all the same
            log.warning("vocabulary.no_queries", error=repr(error))
            return Terms.of(())
        return Terms.of(Term.of(words, people) for words, people in found)
