"""Which items there are, told page by page to whoever asks."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from contracts.marketplace_inventories import InventoryTold, TellInventory


async def ask(market: Any, after: UUID, limit: int) -> InventoryTold:
    """Ask for a page; what is told."""
    wanted = TellInventory(inventory_id=uuid4(), after_id=after, limit=limit)
    await market.hear("marketplace.inventories", wanted)
    [(name, said)] = await market.said(wanted.inventory_id)
    assert name == "InventoryTold"
    return InventoryTold.model_validate(said)


async def test_every_item_is_named_once_in_its_version(market: Any) -> None:
    """In pages, of every status and community, as the rows say."""
    ana, far = market.member(), market.member(community="hillside")
    items = [await market.sell(ana) for _ in range(3)]
    items.append(await market.sell(far))
    items.append(await market.sell(ana, status="draft"))
    headers = {"If-Match": "*"}
    await ana.patch(f"/items/{items[0]['id']}", {"status": "withdrawn"}, **headers)
    rows = await market.database.pool.fetch("SELECT id, version FROM item ORDER BY id")
    named, after, pages = [], UUID(int=0), 0
    while True:
        page = await ask(market, after, 2)
        named += [(one.item_id, one.version) for one in page.items]
        pages += 1
        if page.is_last:
            break
        after = page.items[-1].item_id
    assert named == [(row["id"], row["version"]) for row in rows]
    assert {UUID(item["id"]) for item in items} <= {item_id for item_id, _ in named}
    assert pages == len(rows) // 2 + 1


async def test_behind_the_last_there_are_none(market: Any) -> None:
    """That is an answer, too."""
    page = await ask(market, UUID(int=2**128 - 1), 5)
    assert (page.items, page.is_last) == ((), True)


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_has_a_limit(limit: int) -> None:
    """Whoever asks for more asks for nothing."""
    with pytest.raises(ValidationError):
        TellInventory(inventory_id=uuid4(), after_id=uuid4(), limit=limit)
