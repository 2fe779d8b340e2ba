"""The journey: something is looked for, suggested, chosen, named otherwise, and indexed anew."""

from uuid import UUID

from tests.journeys.people import eventually, operator, somebody
from tests.stack.plugin import System


async def test_a_search_goes_from_words_to_a_choice(system: System) -> None:
    """Found though misspelt, suggested, chosen; an operator's synonym finds it seconds later."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben") as ben,
        operator(system) as office,
    ):
        mark = f"x{ana.user.id.hex[-8:]}"
        kayak = await ana.client.create_item(f"Folding kayak {mark}", price="80.00")

        async def search(q: str) -> list[UUID]:
            return [hit.id for hit in (await ben.client.search(q)).items]

        await eventually(lambda: search(f"kayac {mark}"), lambda hits: kayak.id in hits)
        suggested = await ben.client.suggest(f"foldign kay {mark[:5]}")
        assert kayak.id in {item.id for item in suggested.items}
        found = await ben.client.search(f"kayak {mark}")
        assert [hit.id for hit in found.items] == [kayak.id]
        await ben.client.click(found, kayak.id, 1)
        await office.write_synonyms(f"paddler{mark}, {mark}")
        await eventually(lambda: search(f"paddler{mark}"), lambda hits: hits == [kayak.id])
        assert isinstance(await ben.client.demand(), list)


async def test_an_index_is_made_anew_while_people_search(system: System) -> None:
    """Nobody waits, and everything is still found."""
    async with somebody(system, "Ana") as ana, operator(system) as office:
        mark = f"y{ana.user.id.hex[-8:]}"
        tent = await ana.client.create_item(f"Tent {mark}", price="8.00")

        async def search() -> list[UUID]:
            return [hit.id for hit in (await ana.client.search(f"tent {mark}")).items]

        async def look() -> str:
            state = (await office.reindexing(begun.id)).state
            assert await search() == [tent.id]
            return state

        await eventually(search, lambda hits: hits == [tent.id])
        begun = await office.reindex()
        await eventually(look, lambda state: state == "done")
        assert await search() == [tent.id]
