"""Processes that share one memory, over the real engine and the real Valkey."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest

from search.engine import Engine
from search.finding.find import find_items
from search.finding.models import Wanted
from search.finding.query import Bounds
from search.finding.sameness import asked
from search.remembering.announce import Announcer
from search.remembering.remember import Memory
from search.remembering.store import Store
from search.settings import Settings
from search.synonyms.book import Book, read_shipped
from services.search.tests.conftest import settings_for
from tests.stack.backend import Backend

type Start = Callable[..., Awaitable["Replica"]]

BOOK = Book.of(read_shipped())
#: On a busy machine the engine may take its time: where age is not in question, there is much.
LONG_MS = 30_000


@dataclass
class Replica:
    """One process of the service: what it has open, and how often it asked the engine."""

    engine: Engine
    store: Store
    memory: Memory
    announcer: Announcer
    asked_engine: int = 0

    async def search(
        self, q: str, community: str = "riverside", *, before: Callable[..., Any] | None = None
    ) -> dict[UUID, int]:
        """Versions of what is found; `before` is awaited before the engine is asked."""
        wanted, bounds = Wanted(q=q, limit=50), Bounds(community)

        async def find() -> bytes:
            self.asked_engine += 1
            if before:
                await before()
            found = await find_items(self.engine, wanted, bounds, book=BOOK, query_id=UUID(int=0))
            return found.model_dump_json().encode()

        answer = await self.memory.remember(asked(wanted, bounds, synonyms="shipped"), find)
        return {UUID(one["id"]): one["version"] for one in orjson.loads(answer)["items"]}


@pytest.fixture(scope="module")
async def start(
    settings: Settings, valkey: Backend
) -> AsyncIterator[Callable[..., Awaitable[Replica]]]:
    """Starts processes; theirs is the Valkey of the stack unless a URL is given."""
    async with AsyncExitStack() as stack:

        async def begin(url: str | None = None, max_age_ms: int = LONG_MS) -> Replica:
            own = settings_for(settings.opensearch_url or "")
            engine = await stack.enter_async_context(Engine.open(own))
            store = await stack.enter_async_context(
                # Patient: on a busy machine a question may take longer than it is worth.
                Store.open(url or valkey.settings["SEARCH_VALKEY_URL"], patience_seconds=5)
            )
            announcer = await stack.enter_async_context(
                Announcer.open(engine, store, pause_seconds=0.02)
            )
            await store.until_loaded()
            return Replica(
                engine, store, Memory(store, max_age_ms=max_age_ms, lock_ms=LONG_MS), announcer
            )

        yield begin
