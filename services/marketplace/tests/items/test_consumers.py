"""What items hear: an index that is not what was told is told again; who left offers nothing."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from contracts.gateway import UserLeft
from contracts.search import IndexDiffered
from marketplace.items import withdraw_all


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


async def test_who_left_offers_nothing(market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several pages, drafts too; a repeat says nothing, and others' items stay."""
    monkeypatch.setattr(withdraw_all, "PAGE", 2)
    ana, ben = market.member(), market.member()
    theirs = [await market.sell(ana) for _ in range(3)]
    other = await market.sell(ben)
    for _ in range(2):
        await market.hear("marketplace.leavers", UserLeft(user_id=ana.id, version=2))
    for item in theirs:
        assert await market.types(item["id"]) == ["ItemChanged", "ItemChanged"]
        assert (await market.said(item["id"]))[-1][1]["status"] == "withdrawn"
    assert await market.types(other["id"]) == ["ItemChanged"]
    listed = (await ben.get("/items?limit=50")).json()["items"]
    assert {one["id"] for one in listed} & {one["id"] for one in theirs} == set()
