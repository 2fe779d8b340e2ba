"""What items hear: an index that is not what was told is told again."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.ids import new_id
from contracts.search import IndexDiffered


def differed(item_id: str | UUID) -> IndexDiffered:
    """What search says of a document that is not there."""
    return IndexDiffered(
        item_id=UUID(str(item_id)),
        kind="missing",
        told_version=1,
        indexed_version=None,
        found_at=datetime.now(UTC),
    )


async def test_what_the_index_lacks_is_said_again(market: Any) -> None:
    """The whole of the item with the version it has, once for each difference."""
    item = await market.sell(market.member())
    before = await market.said(item["id"])
    event_id = new_id()
    for _ in range(2):
        await market.hear("marketplace.items", differed(item["id"]), event_id=event_id)
    said = await market.said(item["id"])
    assert said == [*before, before[-1]]


async def test_an_item_that_is_not_there_is_passed_over(market: Any) -> None:
    """Nothing is said of it, and its neighbours in the batch are told of."""
    item = await market.sell(market.member())
    unknown = uuid4()
    await market.hear("marketplace.items", differed(unknown), differed(item["id"]))
    assert await market.types(unknown) == []
    assert await market.types(item["id"]) == ["ItemChanged", "ItemChanged"]
