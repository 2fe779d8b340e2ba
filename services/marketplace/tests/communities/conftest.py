"""Two communities over one database: Riverside has a row in each table, Hillside an item."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.marketplace.tests.conftest import Market, open_market
from services.marketplace.tests.trades.test_barter import BARTER
from tests.stack.database import ScratchDatabase


@pytest.fixture(scope="module")
async def world(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Market, dict[str, Any]]]:
    """Riverside, with a row in each table, and Hillside, with an item."""
    async with open_market(scratch_database, tmp_path_factory.mktemp("keys")) as market:
        yield market, await live_in(market)


async def barter(market: Market, seller: Any, buyer: Any) -> None:
    """A loom is wanted, and a bicycle given."""
    loom, bicycle = await market.sell(seller, title="Loom", **BARTER), await market.sell(buyer)
    await buyer.made("/trades", {"item_id": loom["id"], "gives": [{"item_id": bicycle["id"]}]})


async def live_in(market: Market) -> dict[str, Any]:
    """What people of Riverside have, and the ids of it."""
    seller, buyer, trade = await market.trade_in("funded")
    path = f"/trades/{trade['id']}"
    await buyer.made(f"{path}/code")
    await buyer.made(f"{path}/messages", {"text": "at nine?"})
    await buyer.made(f"{path}/dispute", {"reason": "it squeaks"})
    await buyer.made(f"{path}/statements", {"text": "listen to it"})
    done = await market.trade_in("released")
    await done[0].made(f"/trades/{done[2]['id']}/ratings", {"stars": 5})
    item = await market.sell(seller, title="Lamp")
    await buyer.put(f"/items/{item['id']}/watch")
    await buyer.made(f"/items/{item['id']}/reports", {"ground": "spam"})
    operator = market.member("OPERATOR")
    await operator.made(f"/items/{item['id']}/decisions", {"decision": "dismiss", "reason": "no"})
    search = await buyer.made("/saved-searches", {"name": "Lamps", "q": "lamp"})
    there = await market.sell(market.member(community="hillside"), title="Lamp")
    image, upload, owner = uuid4(), uuid4(), seller.id
    ids = {
        "item": item["id"],
        "there": there["id"],
        "trade": trade["id"],
        "search": search["id"],
        "image": str(image),
        "upload": str(upload),
        "member": str(owner),
        "seller": owner,
        "buyer": buyer.id,
    }
    await barter(market, seller, buyer)
    async with market.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO member VALUES ($1, 'Ana', 'riverside', 1, now())", seller.id
        )
        await conn.execute("INSERT INTO reputation (user_id, counted_at) VALUES ($1, now())", owner)
        await conn.execute(
            "INSERT INTO image (id, owner_id, community, state, media_type, size_bytes,"
            " next_try_at, created_at, unattached_since)"
            " VALUES ($1, $2, 'riverside', 'UPLOADED', 'image/png', 9, now(), now(), now())",
            image,
            owner,
        )
        await conn.execute(
            "INSERT INTO image_upload VALUES"
            " ($1, $2, 'riverside', 'image/png', 9, now(), now() + interval '1 day')",
            upload,
            owner,
        )
        await conn.execute(
            "INSERT INTO item_image (item_id, position, image_id) VALUES ($1, 0, $2)",
            UUID(ids["item"]),
            image,
        )
        await conn.execute(
            "INSERT INTO saved_search_match (search_id, item_id, user_id, matched_at)"
            " VALUES ($1, $2, $3, now())",
            UUID(ids["search"]),
            UUID(ids["item"]),
            buyer.id,
        )
    return ids
