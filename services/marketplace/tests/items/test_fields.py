"""Places are cells, barters say what they want, and gift credits are for priced items."""

from typing import Any

from .words import FULL


async def test_an_exact_spot_is_kept_nowhere(market: Any) -> None:
    """Not in rows, events, answers or hashes: another spot nearby is the same wish and row."""
    ana = market.member()
    near = {"latitude": "12.97165", "longitude": "77.59461"}
    first = await ana.post("/items", FULL, key="spot")
    again = await ana.post("/items", {**FULL, **near}, key="spot")
    assert again.content == first.content
    rows = [{**FULL, "external_ref": "spot"}, {"latitude": "12.9716312"}]
    loaded = await ana.post("/items/import", {"items": rows}, key="rows")
    rows = [{**FULL, **near, "external_ref": "spot"}, {"latitude": "12.9716319"}]
    assert (await ana.post("/items/import", {"items": rows}, key="rows")).content == loaded.content
    report = await ana.made("/items/import", {"items": rows[:1]})
    assert report["rows"][0]["outcome"] == "unchanged"
    tables = await market.database.pool.fetch(
        "SELECT relname AS name FROM pg_class "
        "WHERE relnamespace = 'marketplace'::regnamespace AND relkind = 'r'"
    )
    for table in [row["name"] for row in tables]:
        readable = "SELECT has_table_privilege($1, 'SELECT')"
        if await market.database.pool.fetchval(readable, table):
            kept = await market.database.pool.fetch(f"SELECT t::text FROM {table} AS t")
            assert "12.9716" not in str(kept), table


async def test_a_place_can_be_sent_as_a_cell_moved_and_taken_away(market: Any) -> None:
    """A phone may find the cell by itself; null clears it; other changes leave it."""
    ana = market.member()
    made = await market.sell(ana, cell="8760145b4ffffff")
    path = f"/items/{made['id']}"
    assert made["cell"]["h3"] == "8760145b4ffffff"
    assert (await ana.patch(path, {"title": "Other"})).json()["cell"] == made["cell"]
    moved = (await ana.patch(path, {"latitude": "52.5200", "longitude": "13.4050"})).json()
    assert moved["cell"]["h3"] == "871f1d489ffffff"
    for gone in ({"cell": None}, {"latitude": None, "longitude": None}):
        await ana.patch(path, {"cell": "8760145b4ffffff"})
        assert (await ana.patch(path, gone)).json()["cell"] is None


async def test_a_barter_says_what_it_wants(market: Any) -> None:
    """Only a barter does; with another pricing the words go away by themselves."""
    ana = market.member()
    body = {"title": "Cello", "pricing": "barter", "wanted": " A\u00a0viola "}
    made = await ana.made("/items", body)
    assert (made["wanted"], made["price"]) == ("A viola", None)
    [(_, said)] = await market.said(made["id"])
    assert said["wanted"] == "A viola"
    refused = await ana.post("/items", {"title": "Cello", "pricing": "barter"})
    assert refused.json()["errors"][0]["field"] == "wanted"
    priced = await ana.patch(
        f"/items/{made['id']}", {"pricing": "credits", "price": "9.00", "asset": "LXC"}
    )
    assert priced.json()["wanted"] is None


async def test_gift_credits_are_for_priced_items(market: Any) -> None:
    """The seller says so, the event too; a gift needs none."""
    ana = market.member()
    made = await market.sell(ana, accepts_gift_credits=True)
    [(_, said)] = await market.said(made["id"])
    assert (made["accepts_gift_credits"], said["accepts_gift_credits"]) == (True, True)
    gift = (await ana.patch(f"/items/{made['id']}", {"pricing": "gift"})).json()
    assert gift["accepts_gift_credits"] is False
    body = {"title": "Cup", "pricing": "gift", "accepts_gift_credits": True}
    assert (await ana.post("/items", body)).status_code == 422


async def test_a_change_says_which_version_it_was_made_from(market: Any) -> None:
    """Without If-Match: 428, which says what to send; nothing changes."""
    ana = market.member()
    item = await market.sell(ana)
    headers = ana.named({})
    answer = await market.client.patch(
        f"/v1/items/{item['id']}", json={"title": "Blind"}, headers=headers
    )
    assert (answer.status_code, answer.json()["header"]) == (428, "If-Match")
    assert await market.types(item["id"]) == ["ItemChanged"]
