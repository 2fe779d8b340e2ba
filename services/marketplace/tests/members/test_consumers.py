"""Members' names follow the gateway's events."""

from typing import Any
from uuid import UUID

from contracts.gateway import UserChanged, UserLeft, UserRegistered


def registered(user_id: UUID, name: str, version: int) -> UserRegistered:
    """What the gateway says of a person."""
    return UserRegistered(
        user_id=user_id,
        display_name=name,
        community="riverside",
        roles=("MEMBER",),
        version=version,
    )


async def test_the_newest_name_stands_beside_a_listing(market: Any) -> None:
    """Out of order and repeated, the highest version wins."""
    ana = market.member()
    item = await market.sell(ana)
    assert item["seller"] == {"user_id": str(ana.id), "display_name": None}
    for name, version in (("Ana", 1), ("Ana M.", 3), ("Anna", 2), ("Ana", 1)):
        await market.hear("marketplace.members", registered(ana.id, name, version))
    seen = (await market.member().get(f"/items/{item['id']}")).json()
    assert seen["seller"]["display_name"] == "Ana M."


async def test_both_names_stand_in_a_trade(market: Any) -> None:
    """The parties see each other's names."""
    seller, buyer, trade = await market.trade_in("offered")
    await market.hear(
        "marketplace.members", registered(seller.id, "Ana", 1), registered(buyer.id, "Ben", 1)
    )
    seen = (await buyer.get(f"/trades/{trade['id']}")).json()
    assert (seen["seller_name"], seen["buyer_name"]) == ("Ana", "Ben")


async def test_a_new_name_and_a_leaving_are_followed(market: Any) -> None:
    """Who left has no name; what is told late changes nothing."""
    ana = market.member()
    item = await market.sell(ana)
    changed = UserChanged(**registered(ana.id, "Ana Maria", 2).model_dump())
    names = []
    for event in (registered(ana.id, "Ana", 1), changed, UserLeft(user_id=ana.id, version=3)):
        await market.hear("marketplace.members", event)
        seen = (await market.member().get(f"/items/{item['id']}")).json()
        names.append(seen["seller"]["display_name"])
    await market.hear("marketplace.members", changed)
    seen = (await market.member().get(f"/items/{item['id']}")).json()
    assert names == ["Ana", "Ana Maria", "Somebody who left"]
    assert seen["seller"]["display_name"] == "Somebody who left"
