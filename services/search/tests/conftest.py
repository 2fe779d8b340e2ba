"""The real engine, with a new index for each module."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.marketplace import ItemChanged
from search.engine import Engine
from search.indexing.ensure_index import ensure_index
from search.indexing.index_items import index_items
from search.indexing.mapping import FIRST_INDEX
from search.settings import Settings
from services.search.tests.offers import make_item
from tests.stack.backend import Backend

type MakeItem = Callable[..., ItemChanged]


@pytest.fixture
def item() -> MakeItem:
    """Makes items."""
    return make_item


def settings_for(url: str) -> Settings:
    """Settings of a process that uses the engine at `url`."""
    return Settings.model_validate(
        {
            "database_url": "postgresql://unused",
            "kafka_servers": "unused:9092",
            "http_port": 8083,
            "internal_jwks_file": Path("unused.json"),
            "opensearch_url": url,
            "refresh_ms": 100,
        }
    )


@pytest.fixture(scope="session")
def settings(opensearch: Backend) -> Settings:
    """Settings for the real engine."""
    return settings_for(opensearch.settings["LOCALEX_OPENSEARCH_URL"])


@pytest.fixture(scope="module")
async def engine(settings: Settings) -> AsyncIterator[Engine]:
    """The real engine with a new, empty index."""
    async with Engine.open(settings) as opened:
        # A reindexing leaves an index of another name.
        for name in await opened.call("GET", "/items-v*"):
            await opened.call("DELETE", f"/{name}")
        assert await ensure_index(opened, settings)
        yield opened


@pytest.fixture
async def put(engine: Engine) -> Callable[..., Any]:
    """Brings items into the index and waits until they can be found."""

    async def bring(*items: ItemChanged) -> int:
        written = await index_items(engine, items, timeout_seconds=20)
        await engine.call("POST", f"/{FIRST_INDEX}/_refresh")
        return written

    return bring
