"""The search service: read this first. It finds items, in an index fed by events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from chassis.resources import Job, Resources
from chassis.service import Service
from chassis.subscription import Subscription
from search.analytics.consumers import LEAVERS
from search.analytics.log_query import QueryLog
from search.analytics.prune import prune_query_log
from search.analytics.router import router as analytics_router
from search.embedding.model import Model
from search.engine import Engine
from search.finding.router import router as finding_router
from search.indexing.consumers import items_subscription
from search.indexing.keep_index import keep_index
from search.indexing.work import work_on_ratings
from search.parity.consumers import inventory_subscription, parity_subscription
from search.parity.router import router as parity_router
from search.parity.work import work_on_parity
from search.reindexing.router import router as reindexing_router
from search.reindexing.work import work_on_reindexing
from search.remembering.announce import Announcer
from search.remembering.remember import Memory
from search.remembering.store import Store
from search.sellers.consumers import SELLERS
from search.settings import Settings
from search.suggestions.router import router as suggestions_router
from search.suggestions.vocabulary import Vocabulary
from search.synonyms.keeper import Keeper
from search.synonyms.router import router as synonyms_router

DAY_SECONDS: Final = 24 * 60 * 60
PARITY_SECONDS: Final = 5
REINDEXING_SECONDS: Final = 2
RATINGS_SECONDS: Final = 1


@asynccontextmanager
async def open_engine(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    """The engine and the query log; without an engine, only the log."""
    settings: Settings = resources.settings
    async with (
        QueryLog.open(resources.database) as query_log,
        Keeper.open(resources.database) as synonyms,
    ):
        model = Model.installed() if settings.by_meaning else None
        own = {"query_log": query_log, "synonyms": synonyms, "model": model}
        if not settings.has_engine:
            yield {"engine": None, **own}
            return
        async with Engine.open(settings) as engine:
            engine.model = model
            resources.health.optional["opensearch"] = lambda: engine.well
            keeper = asyncio.create_task(keep_index(engine, settings))
            try:
                words = Vocabulary(engine, resources.database, resources.clock)
                async with _open_memory(engine, settings) as memory:
                    yield {"engine": engine, "vocabulary": words, "memory": memory, **own}
            finally:
                keeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeper


@asynccontextmanager
async def _open_memory(engine: Engine, settings: Settings) -> AsyncIterator[Memory | None]:
    """What was found a moment ago; nothing without Valkey."""
    if settings.valkey_url is None or not settings.remember_ms:
        yield None
        return
    pause_seconds = settings.refresh_ms / 1000
    async with (
        Store.open(settings.valkey_url.get_secret_value()) as store,
        Announcer.open(engine, store, pause_seconds=pause_seconds),
    ):
        yield Memory(store, max_age_ms=settings.remember_ms)


def subscriptions(resources: Resources) -> Sequence[Subscription]:
    """What is heard: of items and sellers nothing where there is no engine to index into."""
    engine: Engine | None = resources.extra["engine"]
    if engine is None:
        return [LEAVERS]
    indexing = items_subscription(engine, resources.settings)
    grace = timedelta(seconds=resources.settings.parity_grace_seconds)
    inventories = inventory_subscription(engine, grace, resources.clock)
    return [LEAVERS, indexing, SELLERS, parity_subscription(engine), inventories]


service = Service(
    name="search",
    settings=Settings,
    sql=Path(__file__).parents[2] / "sql",
    routers=[
        finding_router,
        suggestions_router,
        synonyms_router,
        analytics_router,
        parity_router,
        reindexing_router,
    ],
    make_subscriptions=subscriptions,
    jobs=[
        Job("query_log", DAY_SECONDS, prune_query_log),
        Job("parity", PARITY_SECONDS, work_on_parity),
        Job("reindexing", REINDEXING_SECONDS, work_on_reindexing),
        Job("ratings", RATINGS_SECONDS, work_on_ratings),
    ],
    resources=open_engine,
)
