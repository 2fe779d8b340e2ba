"""A watched item gets cheaper, goes out of sight and comes back, under another category name."""

from uuid import uuid4

import pytest

from localex_client.errors import ProblemError
from localex_client.market_models import Found
from tests.journeys.people import Actor, eventually, listening, operator, somebody
from tests.stack.plugin import System


async def heard(actor: Actor, kind: str) -> list[str]:
    """Reasons or prices in what somebody heard of a kind."""
    said = [event.data for event in actor.heard if event.type == f"marketplace.{kind}"]
    return [one.get("reason") or one["price_minor"] for one in said]


async def test_people_hear_of_what_they_watch_and_search_follows(system: System) -> None:
    """Ana lists, Ben watches, an operator hides, restores and renames: all hear what is theirs."""
    mark = f"zither{uuid4().hex[:8]}"
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben") as ben,
        operator(system) as office,
        listening(ana, ben),
    ):
        category = await office.add_category(f"Strings {mark}", "asked for", synonyms=("Lutes",))
        item = await ana.client.create_item(f"A {mark}", price="80.00", category=category.path)

        async def find() -> Found:
            return await ben.client.search(mark)

        await eventually(find, lambda found: found.total == 1)
        await ben.client.watch_item(item.id)
        saved = await ben.client.save_search("zithers", q=mark, price_max="90.00")
        assert [one.id for one in await ben.client.saved_searches()] == [saved.id]
        await ana.client.patch_item(item.id, {"price": "70.00"}, version=item.version)
        with pytest.raises(ProblemError) as stale:
            await ana.client.patch_item(item.id, {"price": "60.00"}, version=item.version)
        assert stale.value.status == 412
        await eventually(lambda: heard(ben, "WatchedItemCheaper"), lambda told: told == ["7000"])

        await ben.client.report_item(item.id, "misleading", details="It is a lute.")
        queue = await office.reported_items()
        assert item.id in [one.item_id for one in queue.items]
        await office.decide_item(item.id, "hide", "it is a lute")
        await eventually(find, lambda found: found.total == 0)
        await eventually(lambda: heard(ana, "ItemHidden"), lambda told: told == ["it is a lute"])
        assert (await ben.client.watches()).watches[0].item is None
        await office.decide_item(item.id, "restore", "it is a zither")
        await office.change_category(category, {"name": f"Zithers {mark}"}, "there are no lutes")

        def renamed(found: Found) -> bool:
            return [hit.category_path for hit in found.items] == [[f"Zithers {mark}"]]

        await eventually(find, renamed)
        [mine] = (await ana.client.my_items(status="active")).items
        assert mine.category.names == [f"Zithers {mark}"]
        [node] = [one for one in await ben.client.categories() if one.id == category.id]
        assert (node.on_offer, node.synonyms) == (1, ["Lutes"])
        await ben.client.unwatch_item(item.id)
        await ben.client.delete_search(saved.id)
