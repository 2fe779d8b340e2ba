"""The index beside the marketplace's rows: what it lacks is asked for, what is nobody's goes."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from contracts.marketplace import ItemChanged
from contracts.marketplace_inventories import InventoriedItem, InventoryTold, TellInventory
from search.engine import Engine
from search.indexing.mapping import FIRST_INDEX, READ_ALIAS
from search.parity.ask_inventory import PATIENCE, ask_inventory
from search.parity.hear_inventory import hear_inventory
from search.parity.queries import count_ownerless, select_inventory, select_known
from services.search.tests.parity.test_parity import GRACE, NOW, Watch
from tests.stack.database import ScratchDatabase

type MakeItem = Callable[..., ItemChanged]

SIZE = 2


@dataclass
class Rows:
    """The marketplace's rows, told as it tells them."""

    items: dict[UUID, ItemChanged] = field(default_factory=dict)

    def keep(self, *items: ItemChanged) -> None:
        """Rows as they are now."""
        self.items |= {item.item_id: item for item in items}

    def page(self, wanted: TellInventory) -> InventoryTold:
        """What the marketplace answers."""
        behind = sorted(one for one in self.items if one > wanted.after_id)[: wanted.limit]
        return InventoryTold(
            inventory_id=wanted.inventory_id,
            after_id=wanted.after_id,
            items=tuple(
                InventoriedItem(item_id=one, version=self.items[one].version) for one in behind
            ),
            is_last=len(behind) < wanted.limit,
            told_at=NOW,
        )


@dataclass(slots=True)
class Counting(Watch):
    """A watch that asks the marketplace, too."""

    rows: Rows = field(default_factory=Rows)

    async def ask(self) -> bool:
        """What the work role does."""
        async with self.database.transaction() as conn:
            return await ask_inventory(conn, inventory_id=uuid4(), now=self.now, size=SIZE)

    async def wanted(self) -> list[TellInventory]:
        """What the marketplace was asked so far."""
        async with self.database.connection() as conn:
            rows = await conn.fetch(
                "SELECT payload FROM outbox WHERE topic = 'marketplace.inventory_commands.v1'"
                " ORDER BY id"
            )
        return [TellInventory.model_validate_json(row["payload"]) for row in rows]

    async def answer(self, told: InventoryTold) -> None:
        """The marketplace's page arrives."""
        async with self.database.transaction() as conn:
            await hear_inventory(conn, self.engine, told, grace=GRACE, now=self.now, size=SIZE)

    async def inventory(self) -> list[str]:
        """A whole inventory, some time after the one before; the items that were asked for."""
        self.now += timedelta(minutes=15)
        await self.engine.call("POST", f"/{FIRST_INDEX}/_refresh")
        before, asked = len(await self.wanted()), len(await self._differed())
        assert await self.ask()
        while len(questions := await self.wanted()) > before:
            before = len(questions)
            await self.answer(self.rows.page(questions[-1]))
        return (await self._differed())[asked:]

    async def _differed(self) -> list[str]:
        async with self.database.connection() as conn:
            rows = await conn.fetch(
                "SELECT payload FROM outbox WHERE topic = 'search.parity.v1' ORDER BY id"
            )
        return [orjson.loads(row["payload"])["item_id"] for row in rows]

    async def found(self) -> set[str]:
        """Titles that searches can see."""
        answer = await self.engine.call("POST", f"/{READ_ALIAS}/_search", {"size": 100})
        return {hit["_source"]["title"] for hit in answer["hits"]["hits"]}


@pytest.fixture
async def count(engine: Engine, scratch_database: ScratchDatabase) -> AsyncIterator[Counting]:
    """An empty index, nothing told, no rows."""
    query: dict[str, Any] = {"query": {"match_all": {}}}
    params = {"refresh": "true", "conflicts": "proceed"}
    await engine.call("POST", f"/{FIRST_INDEX}/_delete_by_query", query, params=params)
    async with scratch_database.connect("admin") as admin:
        await admin.execute(
            "TRUNCATE search.told_item, search.parity_difference, search.ownerless_item,"
            " search.outbox"
        )
        await admin.execute("UPDATE search.parity_round SET next_at = '1970-01-01', items = 0")
        await admin.execute(
            "UPDATE search.inventory_stand SET next_at = '1970-01-01', asked_at = NULL"
        )
    async with scratch_database.open("search") as database:
        yield Counting(engine, database)


async def test_what_agrees_is_counted_in_pages_and_asked_for_by_nobody(
    count: Counting, put: Callable[..., Any], item: MakeItem
) -> None:
    """Five items in three pages, a tombstone too; the next one begins after a pause."""
    items = [item(f"thing {n}") for n in range(4)] + [item("gone", status="sold", version=3)]
    count.rows.keep(*items)
    await count.hear(*items)
    await put(*items)
    assert await count.inventory() == []
    assert len(await count.wanted()) == 3
    async with count.database.connection() as conn:
        stand = await select_inventory(conn)
        assert (stand.completed_items, stand.completed_at) == (5, count.now)
        assert await count_ownerless(conn) == (0, 0)
    assert not await count.ask()


@pytest.mark.parametrize(("known", "kind"), [(None, "missing"), (2, "stale")])
async def test_what_was_never_told_is_asked_for(
    count: Counting, put: Callable[..., Any], item: MakeItem, known: int | None, kind: str
) -> None:
    """The row is further than all that was heard: parity asks for it, and what comes mends both."""
    row = item("lamp", version=3)
    good = [item(f"good {n}") for n in range(3)]
    old = [row.model_copy(update={"version": known, "title": "old lamp"})] if known else []
    count.rows.keep(row, *good)
    await count.hear(*good, *old)
    await put(*good, *old)
    assert await count.inventory() == []
    await count.round()
    assert await count.again() == [("IndexDiffered", kind)]
    await count.hear(row)
    await put(row)
    assert [told for told, _ in await count.again()] == ["IndexAgreed"]
    assert await count.found() == {"lamp", "good 0", "good 1", "good 2"}
    # What was told since is compared by what it says, too.
    await put(row.model_copy(update={"title": "not what was told"}))
    await count.round()
    assert await count.again() == [("IndexDiffered", "content")]


@pytest.mark.parametrize("where", ["index", "told", "both"])
async def test_what_is_nobodys_goes_after_it_was_asked_for_twice(
    count: Counting, put: Callable[..., Any], item: MakeItem, where: str
) -> None:
    """Seen once it may be new; its neighbours stay."""
    good = [item(f"good {n}") for n in range(3)]
    strange = item("strange", version=4)
    count.rows.keep(*good)
    await count.hear(*good, *([strange] if where != "index" else []))
    await put(*good, *([strange] if where != "told" else []))
    asked = [await count.inventory() for _ in range(3)]
    assert asked == [[], [str(strange.item_id)], [str(strange.item_id)]]
    assert ("strange" in await count.found()) == (where != "told")
    assert await count.inventory() == []
    assert await count.found() == {"good 0", "good 1", "good 2"}
    async with count.database.connection() as conn:
        assert set(await select_known(conn, UUID(int=0), None, 9)) == {one.item_id for one in good}
        assert await count_ownerless(conn) == (0, 0)
    await count.round()
    assert await count.again() == []


async def test_what_is_only_newer_than_a_page_stays(
    count: Counting, put: Callable[..., Any], item: MakeItem
) -> None:
    """Named by the next inventory, it is as good as any; it would have to be missed anew."""
    new = item("new")
    await count.hear(new)
    await put(new)
    for _ in range(2):
        count.rows.items.clear()
        assert await count.inventory() == []
        count.rows.keep(new)
        assert await count.inventory() == []
    async with count.database.connection() as conn:
        assert await count_ownerless(conn) == (0, 0)
    assert await count.found() == {"new"}


async def test_a_page_that_does_not_come_is_asked_for_again(
    count: Counting, put: Callable[..., Any], item: MakeItem
) -> None:
    """The same one; it may come twice or late, and an old inventory's page counts for nothing."""
    items = [item(f"thing {n}") for n in range(3)]
    count.rows.keep(*items)
    await count.hear(*items)
    await put(*items)
    assert await count.ask()
    assert not await count.ask()
    count.now += PATIENCE
    assert await count.ask()
    first, again = await count.wanted()
    assert first == again
    stranger = InventoryTold(
        inventory_id=uuid4(), after_id=UUID(int=0), items=(), is_last=True, told_at=NOW
    )
    for told in (stranger, count.rows.page(first), count.rows.page(first)):
        await count.answer(told)
    assert len(await count.wanted()) == 3
    await count.answer(count.rows.page((await count.wanted())[-1]))
    async with count.database.connection() as conn:
        stand = await select_inventory(conn)
        assert (stand.completed_items, stand.asked_at) == (3, None)
        assert await count_ownerless(conn) == (0, 0)
