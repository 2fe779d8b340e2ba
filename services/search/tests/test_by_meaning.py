"""The setting `SEARCH_BY_MEANING`, from the start of a process to the answer of the route."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import SystemClock
from chassis.health import Health
from chassis.resources import Resources
from contracts.marketplace import ItemChanged
from search.engine import Engine
from search.indexing.ensure_index import ensure_index
from search.indexing.index_items import index_items
from search.indexing.mapping import WRITE_ALIAS
from search.main import open_engine
from search.settings import Settings
from services.search.tests.http import as_member, open_api
from services.search.tests.model import installed
from tests.stack.database import ScratchDatabase

type MakeItem = Callable[..., ItemChanged]
type Ask = Callable[[bool], Awaitable[dict[str, Any]]]


@pytest.fixture
async def ask(
    engine: Engine,
    settings: Settings,
    scratch_database: ScratchDatabase,
    item: MakeItem,
    tmp_path: Path,
) -> Ask:
    """Starts a process with the setting, and asks it for what a listing has no word of."""
    shoes = item("Running shoes", category_path=("Clothes", "Shoes"))
    engine.model = installed()
    await index_items(engine, [shoes], timeout_seconds=20)
    await engine.call("POST", f"/{WRITE_ALIAS}/_refresh")

    async def search(by_meaning: bool) -> dict[str, Any]:
        own = settings.model_copy(update={"by_meaning": by_meaning})
        async with scratch_database.open("search") as database:
            health = Health("search", database, set())
            resources = Resources(own, database, SystemClock(), health)
            async with open_engine(resources) as opened:
                await ensure_index(opened["engine"], own)
                async with open_api(own, database, tmp_path, **opened) as client:
                    answer = await client.get(
                        "/v1/search", params={"q": "footwear"}, headers=as_member()
                    )
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    return search


async def test_by_default_items_are_found_by_meaning(ask: Ask) -> None:
    """And each says that it was."""
    (hit,) = (await ask(Settings.model_fields["by_meaning"].default))["items"]
    assert (hit["title"], hit["matched_by"]) == ("Running shoes", "meaning")


async def test_switched_off_only_words_find(ask: Ask) -> None:
    """As before there was a model."""
    found = await ask(False)
    assert (found["total"], found["items"], found["tolerant"]) == (0, [], False)
