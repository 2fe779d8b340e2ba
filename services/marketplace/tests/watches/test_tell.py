"""Watchers hear of lower prices and of sales, each once, however the worker breaks off."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from marketplace.main import tell_of_watched
from marketplace.watches import tell, watch


async def watching(market: Any, item: Any) -> Any:
    """Somebody new who watches an item."""
    someone = market.member()
    answer = await someone.put(f"/items/{item['id']}/watch")
    assert answer.json() == {"item_id": item["id"], "watched": True}
    return someone


async def prices(market: Any, person: Any) -> list[str]:
    """Prices of which somebody was told."""
    return [said["price_minor"] for said in await market.told("WatchedItemCheaper", person)]


async def test_a_lower_price_is_told_once(market: Any) -> None:
    """Not a higher one, not the way back to what was known; a gift is as low as it gets."""
    ana = market.member()
    item = await market.sell(ana)
    ben = await watching(market, item)
    for price in ("55.00", "80.00", "55.00", "56.00", "54.00"):
        await ana.patch(f"/items/{item['id']}", {"price": price})
        await tell_of_watched(market.resources)
    assert await prices(market, ben) == ["5500", "5400"]
    await ana.patch(f"/items/{item['id']}", {"pricing": "gift"})
    await tell_of_watched(market.resources)
    [*_, said] = await market.told("WatchedItemCheaper", ben)
    assert (said["known_minor"], said["price_minor"], said["asset"]) == ("5400", "0", "LXC")
    assert await market.told("WatchedItemCheaper", ana) == []


async def test_what_happened_out_of_sight_is_told_when_it_is_back(market: Any) -> None:
    """A withdrawn or hidden item tells nobody anything; its lower price is news afterwards."""
    ana, eve = market.member(), market.member("OPERATOR")
    item = await market.sell(ana)
    ben = await watching(market, item)
    path = f"/items/{item['id']}"
    await ana.patch(path, {"status": "withdrawn"})
    await ana.patch(path, {"price": "50.00"})
    await tell_of_watched(market.resources)
    assert await prices(market, ben) == []
    await ana.patch(path, {"status": "active"})
    await tell_of_watched(market.resources)
    assert await prices(market, ben) == ["5000"]
    await eve.made(f"{path}/decisions", {"decision": "hide", "reason": "to see"})
    await ana.patch(path, {"price": "40.00"})
    await tell_of_watched(market.resources)
    assert len(await prices(market, ben)) == 1
    assert (await ben.get("/watches")).json()["watches"][0]["item"] is None
    await eve.made(f"{path}/decisions", {"decision": "restore", "reason": "seen"})
    await tell_of_watched(market.resources)
    assert await prices(market, ben) == ["5000", "4000"]


async def test_a_sale_is_told_to_each_watcher(market: Any) -> None:
    """When the last piece is sold, whoever bought it."""
    seller, buyer, trade = await market.trade_in("confirmed", quantity=1)
    ben = await watching(market, {"id": trade["item_id"]})
    await market.ledger_says("pay", trade)
    await tell_of_watched(market.resources)
    [said] = await market.told("WatchedItemSold", ben)
    assert (said["item_id"], said["item_title"]) == (trade["item_id"], "Bicycle")
    assert await market.told("WatchedItemSold", seller) == []
    assert await market.told("WatchedItemSold", buyer) == []


async def test_the_fan_out_goes_on_where_it_broke_off(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of two, the second one lost with its transaction, two workers: each is told once."""
    monkeypatch.setattr(tell, "PAGE", 2)
    ana = market.member()
    item = await market.sell(ana)
    people = [await watching(market, item) for _ in range(7)]
    await ana.patch(f"/items/{item['id']}", {"price": "50.00"})
    async with market.database.transaction() as conn:
        assert await tell.tell_watchers(conn)
    async with market.lost_transaction() as conn:
        assert await tell.tell_watchers(conn)
    told = [await prices(market, person) for person in people]
    assert sorted(map(len, told)) == [0, 0, 0, 0, 0, 1, 1]
    await asyncio.gather(tell_of_watched(market.resources), tell_of_watched(market.resources))
    await tell_of_watched(market.resources)
    assert [await prices(market, person) for person in people] == [["5000"]] * 7
    assert await market.database.pool.fetchval("SELECT count(*) FROM watch_notice") == 0


async def test_a_price_that_falls_again_meanwhile_reaches_everybody(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was told of the first fall hears of the second, the others of the second alone."""
    monkeypatch.setattr(tell, "PAGE", 1)
    ana = market.member()
    item = await market.sell(ana)
    people = [await watching(market, item) for _ in range(3)]
    await ana.patch(f"/items/{item['id']}", {"price": "50.00"})
    async with market.database.transaction() as conn:
        await tell.tell_watchers(conn)
    await ana.patch(f"/items/{item['id']}", {"price": "40.00"})
    await tell_of_watched(market.resources)
    told = sorted([await prices(market, person) for person in people])
    assert told == [["4000"], ["4000"], ["5000", "4000"]]


async def test_a_watch_list_is_kept(market: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page; a repeat and an end that was never begun are fine; there is a limit."""
    ana, ben = market.member(), market.member()
    items = [await market.sell(ana) for _ in range(3)]
    for item in (*items, items[0]):
        assert (await ben.put(f"/items/{item['id']}/watch")).status_code == 200
    first = (await ben.get("/watches", limit=2)).json()
    assert [row["item_id"] for row in first["watches"]] == [items[2]["id"], items[1]["id"]]
    assert first["watches"][0]["item"]["title"] == "Bicycle"
    rest = (await ben.get("/watches", limit=2, cursor=first["next_cursor"])).json()
    assert [row["item_id"] for row in rest["watches"]] == [items[0]["id"]]
    for _ in range(2):
        ended = await ben.delete(f"/items/{items[0]['id']}/watch")
        assert ended.json()["watched"] is False
    assert len((await ben.get("/watches")).json()["watches"]) == 2
    monkeypatch.setattr(watch, "WATCHES_MAX", 2)
    full = await ben.put(f"/items/{items[0]['id']}/watch")
    assert (full.status_code, full.json()["limit"]) == (409, 2)
    assert (await ben.put(f"/items/{items[1]['id']}/watch")).status_code == 200


async def test_only_others_items_on_show_are_watched(market: Any) -> None:
    """Not one's own, no draft, none of another community, none that is not there."""
    ana, ben = market.member(), market.member()
    item, draft = await market.sell(ana), await market.sell(ana, status="draft")
    assert (await ana.put(f"/items/{item['id']}/watch")).status_code == 409
    assert (await ben.put(f"/items/{draft['id']}/watch")).status_code == 404
    assert (await ben.put(f"/items/{uuid4()}/watch")).status_code == 404
    far = market.member(community="hillside")
    assert (await far.put(f"/items/{item['id']}/watch")).status_code == 404


async def test_a_watch_holds_the_item_when_it_begins(market: Any) -> None:
    """No fall slips in between the price that is known and the watch."""
    ana, ben = market.member(), market.member()
    item = await market.sell(ana)
    cheaper = "UPDATE item SET version = version + 1, price_minor = 1000 WHERE id = $1"
    await market.tries(cheaper, item["id"])
    async with market.database.transaction() as conn:
        await watch.watch_item(conn, UUID(item["id"]), ben.caller, now=market.clock.now())
        with pytest.raises(asyncpg.LockNotAvailableError):
            await market.tries(cheaper, item["id"])
    known = "SELECT known_minor FROM item_watch WHERE item_id = $1"
    assert await market.database.pool.fetchval(known, item["id"]) == 6000
