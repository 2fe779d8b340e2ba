"""Vectors in the index: an older one takes them, stored documents don't show them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from search.engine import Engine
from search.indexing.documents import with_rating
from search.indexing.ensure_index import ensure_index
from search.indexing.index_items import index_items
from search.indexing.mapping import MEANING, READ_ALIAS, WRITE_ALIAS, index_body
from search.indexing.write_documents import write_documents
from search.parity.fetch import fetch_documents
from search.parity.lifecycle import told_of
from search.sellers.models import SellerRating
from search.settings import Settings
from services.search.tests.model import installed
from services.search.tests.offers import make_item

MODEL = installed()
ALL: dict[str, Any] = {"match_all": {}}
WITH_VECTOR: dict[str, Any] = {"exists": {"field": MEANING}}


@pytest.fixture
async def older(engine: Engine, settings: Settings) -> AsyncIterator[Engine]:
    """A process that begins beside an index of the mapping before vectors."""
    for name in await engine.call("GET", "/items-v*"):
        await engine.call("DELETE", f"/{name}")
    body = index_body(refresh_ms=100, replicas=0)
    del body["mappings"]["_source"]
    body["mappings"]["_meta"] = {"mapping_version": 2}
    body["mappings"]["properties"] = {
        name: kind for name, kind in body["mappings"]["properties"].items() if name != MEANING
    }
    body["aliases"] = {WRITE_ALIAS: {"is_write_index": True}, READ_ALIAS: {}}
    await engine.call("PUT", "/items-v2-000001", body, timeout_seconds=30)
    async with Engine.open(settings) as opened:
        yield opened


async def test_an_older_index_takes_documents_with_vectors(older: Engine) -> None:
    """It gets the field before anything is written that it would refuse."""
    item = make_item("Running shoes")
    older.model = MODEL
    assert await index_items(older, [item], timeout_seconds=5) == 1
    await older.call("POST", f"/{WRITE_ALIAS}/_refresh")
    assert set(await fetch_documents(older, WITH_VECTOR)) == {item.item_id}
    # It stores the vector, which nobody was told of.
    assert (await fetch_documents(older, ALL))[item.item_id] == told_of(item)


async def test_a_process_that_only_searches_knows_the_fields(
    older: Engine, settings: Settings
) -> None:
    """Nobody has to write first; the index stays the one that it is."""
    assert not await ensure_index(older, settings)
    (found,) = (await older.call("GET", f"/{READ_ALIAS}/_mapping")).values()
    assert MEANING in found["mappings"]["properties"]


async def test_a_stored_document_is_what_was_told(engine: Engine, settings: Settings) -> None:
    """Its vector is compared with, and neither kept twice nor answered."""
    for name in await engine.call("GET", "/items-v*"):
        await engine.call("DELETE", f"/{name}")
    await ensure_index(engine, settings)
    shoes = make_item("Running shoes")
    unknown, sold = make_item("90x200"), make_item("Sold shoes", status="sold")
    unknown = unknown.model_copy(update={"category_path": ("12",)})
    engine.model = MODEL
    await index_items(engine, [shoes, unknown, sold], timeout_seconds=5)
    await engine.call("POST", f"/{WRITE_ALIAS}/_refresh")
    assert set(await fetch_documents(engine, WITH_VECTOR)) == {shoes.item_id}
    assert (await fetch_documents(engine, ALL))[shoes.item_id] == told_of(shoes)
    answer = await engine.call("POST", f"/{WRITE_ALIAS}/_search", {"query": WITH_VECTOR})
    assert MEANING not in answer["hits"]["hits"][0]["_source"]


async def test_a_document_that_is_written_again_keeps_its_vector(engine: Engine) -> None:
    """Whoever brings a rating into it has read it as it is stored: without."""
    shoes = make_item("Walking shoes")
    engine.model = MODEL
    await index_items(engine, [shoes], timeout_seconds=5)
    await engine.call("POST", f"/{WRITE_ALIAS}/_refresh")
    stored = (await engine.call("GET", f"/{WRITE_ALIAS}/_doc/{shoes.item_id}"))["_source"]
    rated = with_rating(stored, SellerRating(hundredths=450, count=3))
    assert await write_documents(engine, [rated], timeout_seconds=5) == 1
    await engine.call("POST", f"/{WRITE_ALIAS}/_refresh")
    assert shoes.item_id in await fetch_documents(engine, WITH_VECTOR)
