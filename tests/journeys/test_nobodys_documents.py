"""The journey of a document that belongs to nobody: asked for, and then gone."""

from uuid import uuid4

import aiohttp

from localex_client import LocalEx
from tests.journeys.people import eventually, operator, somebody
from tests.stack.plugin import System


async def test_what_the_marketplace_does_not_have_goes_from_the_index(system: System) -> None:
    """Somebody wrote to the index: it is found until the marketplace was asked for it in vain."""
    async with somebody(system, "Ana") as ana, operator(system) as judge:
        lamp = await ana.client.create_item("Bewitched lamp", price="9.00")
        await eventually(lambda: ana.client.search("bewitched"), lambda found: found.total == 1)
        await _write_a_stray(system, str(lamp.id))
        await eventually(lambda: ana.client.search("bewitched"), lambda found: found.total == 2)
        for _ in range(4):
            await _compare(judge)
        found = await eventually(
            lambda: ana.client.search("bewitched"), lambda found: found.total == 1
        )
        assert [hit.id for hit in found.items] == [lamp.id]


async def _write_a_stray(system: System, item_id: str) -> None:
    """A document like that of an item, of another item that never was."""
    async with aiohttp.ClientSession(system.settings["LOCALEX_OPENSEARCH_URL"]) as http:
        async with http.get(f"/items-write/_doc/{item_id}") as answer:
            document = (await answer.json())["_source"]
        stray = str(uuid4())
        path = f"/items-write/_doc/{stray}?version=1&version_type=external_gte&refresh=true"
        async with http.put(path, json=document | {"item_id": stray}) as answer:
            assert answer.status == 201


async def _compare(judge: LocalEx) -> None:
    """An operator has all compared, and waits until the marketplace has named all its items."""
    before = (await judge.index_parity())["inventoried_at"]
    await judge.write("/v1/search/parity", {}, None)
    stand = await eventually(
        judge.index_parity, lambda seen: seen["inventoried_at"] != before, within_seconds=60
    )
    assert stand["inventoried_items"] > 0
