"""Ratings of sellers in documents, on the real engine and the real database."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.consumer import Consumer
from chassis.database import Database
from contracts.marketplace import ItemChanged
from contracts.messages import Message
from search.engine import Engine
from search.indexing.consumers import items_subscription
from search.indexing.index_rated import index_rated
from search.indexing.mapping import FIRST_INDEX, SELLER_PROPERTIES, WRITE_ALIAS, index_body
from search.indexing.spread_ratings import spread_ratings
from search.sellers.consumers import SELLERS
from search.settings import Settings
from services.search.tests.indexing.test_consumers import delivered
from services.search.tests.sellers.words import erased, reputation
from tests.stack.database import ScratchDatabase

type MakeItem = Callable[..., ItemChanged]
type Rating = tuple[int, int] | None


@dataclass(slots=True)
class Shelf:
    """Documents and ratings, as the service's processes keep them."""

    engine: Engine
    database: Database
    settings: Settings

    async def hear(self, *events: Message) -> None:
        """What is told of items and sellers, each to whom it concerns."""
        items = [event for event in events if isinstance(event, ItemChanged)]
        others = [event for event in events if not isinstance(event, ItemChanged)]
        indexing = items_subscription(self.engine, self.settings)
        await Consumer(indexing, self.database).handle(delivered(items))
        await Consumer(SELLERS, self.database).handle(delivered(others))

    async def spread(self, size: int = 500) -> int:
        """Bring all that has changed into documents; in how many pages."""
        pages = 0
        while await self._page(size):
            pages += 1
        return pages

    async def _page(self, size: int) -> bool:
        async with self.database.transaction() as conn:
            return await spread_ratings(conn, self.engine, timeout_seconds=20, size=size)

    async def die_after_a_page(self, size: int) -> None:
        """A worker that has written a page of documents, and not how far it is."""
        async with self.database.transaction() as conn:
            assert await spread_ratings(conn, self.engine, timeout_seconds=20, size=size)
            raise ConnectionResetError("the worker dies")

    async def ratings(self, *items: ItemChanged) -> list[Rating]:
        """What documents say of their sellers."""
        return [self._rating(await self.document(item)) for item in items]

    async def document(self, item: ItemChanged) -> dict[str, Any]:
        """A document with the engine's version of it."""
        found = await self.engine.call("GET", f"/{WRITE_ALIAS}/_doc/{item.item_id}")
        return {**found["_source"], "_version": found["_version"]}

    def _rating(self, document: dict[str, Any]) -> Rating:
        if "seller_rating_count" not in document:
            assert "seller_rating_hundredths" not in document
            return None
        return document["seller_rating_hundredths"], document["seller_rating_count"]


@pytest.fixture
async def shelf(
    engine: Engine, settings: Settings, scratch_database: ScratchDatabase
) -> AsyncIterator[Shelf]:
    """The module's index and database."""
    async with scratch_database.open("search") as database:
        yield Shelf(engine, database, settings)


async def test_the_order_of_events_does_not_matter(shelf: Shelf, item: MakeItem) -> None:
    """Item, ratings and a change of the item in each order, heard twice: one document comes of it.

    What is spread in between is spread as far as it is known then.
    """
    for order in permutations(range(4)):
        seller = uuid4()
        lamp = item("Lamp", seller_id=seller)
        new = lamp.model_copy(update={"version": 2, "title": "New lamp"})
        told: list[Message] = [
            lamp, new, reputation(seller, "4.00", ratings=1),
            reputation(seller, "4.50", version=2, ratings=2),
        ]  # fmt: skip
        for place in order:
            await shelf.hear(told[place])
            await shelf.spread()
        assert await shelf.ratings(lamp) == [(450, 2)]
        await shelf.hear(*told)
        await shelf.spread()
        document = await shelf.document(lamp)
        assert (document["title"], document["_version"]) == ("New lamp", 2)
        assert await shelf.ratings(lamp) == [(450, 2)]


async def test_a_seller_of_many_items_is_gone_through_page_by_page(
    shelf: Shelf, item: MakeItem
) -> None:
    """Two sellers in pages of three; a worker that dies in between leaves the rest to the next."""
    many, few, other = uuid4(), uuid4(), uuid4()
    lamps = [item(f"Lamp {n}", seller_id=many) for n in range(7)]
    chairs = [item(f"Chair {n}", seller_id=few) for n in range(2)]
    table = item("Table", seller_id=other)
    await shelf.hear(*lamps, *chairs, table)
    await shelf.hear(reputation(many, "4.20"), reputation(few, "3.90"))
    with pytest.raises(ConnectionResetError):
        await shelf.die_after_a_page(3)
    assert await shelf.spread(size=3) == 4
    assert await shelf.ratings(*lamps) == [(420, 3)] * 7
    assert await shelf.ratings(*chairs) == [(390, 3)] * 2
    assert await shelf.ratings(table) == [None]
    assert await shelf.spread() == 0


async def test_a_rating_that_changes_while_it_is_spread_is_spread_from_the_beginning(
    shelf: Shelf, item: MakeItem
) -> None:
    """What has the older one already gets the newer one, too."""
    seller = uuid4()
    lamps = [item(f"Lamp {n}", seller_id=seller) for n in range(5)]
    await shelf.hear(*lamps, reputation(seller, "4.20"))
    assert await shelf._page(3)
    await shelf.hear(reputation(seller, "4.60", version=2))
    await shelf.spread(size=3)
    assert await shelf.ratings(*lamps) == [(460, 3)] * 5


async def test_a_rating_overwrites_no_newer_item(shelf: Shelf, item: MakeItem) -> None:
    """The item changes between the look at its document and the write: its words stay."""
    seller = uuid4()
    lamp = item("Lamp", seller_id=seller)
    await shelf.hear(lamp, reputation(seller, "4.20"))
    sold = lamp.model_copy(update={"version": 2, "status": "sold"})

    async def change() -> None:
        """As the indexing process does, which is another one."""
        await shelf.hear(sold)

    engine = Interrupted(shelf.engine, before="_bulk", act=change)
    async with shelf.database.transaction() as conn:
        assert await spread_ratings(conn, engine, timeout_seconds=20)
    document = await shelf.document(lamp)
    assert (document["deleted"], document["_version"]) == (True, 2)
    assert await shelf.ratings(lamp) == [None]


class Interrupted(Engine):
    """The real engine; something else happens once, right before a request of a kind."""

    def __init__(self, real: Engine, *, before: str, act: Callable[[], Any]) -> None:
        """Act before a request whose path ends so."""
        super().__init__(real._client)
        self._before, self._act = before, act

    async def call(self, method: str, path: str, *rest: Any, **options: Any) -> Any:
        """Send a request."""
        act = self._act
        if path.endswith(self._before) and act is not _nothing:
            self._act = _nothing
            await act()
        return await super().call(method, path, *rest, **options)


async def _nothing() -> None:
    """All has happened."""


async def test_a_rating_that_changes_while_items_are_written_reaches_them(
    shelf: Shelf, item: MakeItem
) -> None:
    """It was spread when the document was not there yet, and is spread once more."""
    seller = uuid4()
    lamp = item("Lamp", seller_id=seller)

    async def change() -> None:
        """Heard and spread by other processes, while this one has read what was known before."""
        await shelf.hear(reputation(seller, "4.80"))
        assert await shelf.spread() == 1

    engine = Interrupted(shelf.engine, before="_bulk", act=change)
    async with shelf.database.transaction() as conn:
        assert await index_rated(conn, engine, [lamp], timeout_seconds=20) == 1
    assert await shelf.ratings(lamp) == [None]
    await shelf.spread()
    assert await shelf.ratings(lamp) == [(480, 3)]


async def test_who_was_erased_has_no_rating_in_any_document(shelf: Shelf, item: MakeItem) -> None:
    """Neither where it was, nor where it comes late."""
    seller = uuid4()
    lamp = item("Lamp", seller_id=seller)
    await shelf.hear(lamp, reputation(seller))
    await shelf.spread()
    assert await shelf.ratings(lamp) == [(417, 3)]
    await shelf.hear(erased(seller))
    await shelf.spread()
    assert await shelf.ratings(lamp) == [None]
    await shelf.hear(reputation(seller, version=7), lamp)
    await shelf.spread()
    assert await shelf.ratings(lamp) == [None]


async def test_an_index_from_before_there_were_ratings_takes_them(
    shelf: Shelf, item: MakeItem
) -> None:
    """It knew no such fields, and refuses what it does not know; nobody makes it anew for that."""
    body = index_body(refresh_ms=100, replicas=0)
    for name in SELLER_PROPERTIES:
        body["mappings"]["properties"] = {
            field: kind for field, kind in body["mappings"]["properties"].items() if field != name
        }
    body["aliases"] = {WRITE_ALIAS: {"is_write_index": True}}
    await shelf.engine.call("DELETE", f"/{FIRST_INDEX}")
    await shelf.engine.call("PUT", f"/{FIRST_INDEX}", body)
    seller = UUID(int=5)
    lamp, chair = item("Lamp", seller_id=seller), item("Chair", seller_id=seller)
    await shelf.hear(lamp)
    await shelf.hear(reputation(seller))
    await shelf.hear(chair)
    await shelf.spread()
    assert await shelf.ratings(lamp, chair) == [(417, 3)] * 2
    async with shelf.database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM dead_letter") == 0
