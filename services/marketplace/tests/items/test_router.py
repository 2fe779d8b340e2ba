"""Listings over HTTP: what is kept, shown, said, and refused with the field's name."""

from typing import Any
from uuid import uuid4

import pytest

from .words import FULL


async def test_a_listing_is_kept_and_said_as_it_was_meant(market: Any) -> None:
    """Text is tidied, the price is exact, the place is a cell."""
    ana, ben = market.member(), market.member()
    answer = await ana.post("/items", FULL)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/items/{made['id']}"
    assert (made["title"], made["price"], made["available"]) == ("Road bicycle", "60.50", 2)
    assert made["description"] == "Two wheels.\nBell included."
    assert made["category"]["path"] == "sports-leisure/bicycles"
    cell = {"h3": "8760145b4ffffff", "latitude": "12.978", "longitude": "77.590"}
    assert made["cell"] == cell
    assert (await ben.get(f"/items/{made['id']}")).json() == made
    [(name, said)] = await market.said(made["id"])
    assert (name, said["version"], said["price_minor"]) == ("ItemChanged", 1, "6050")
    assert said["category_path"] == ["Sports & Leisure", "Bicycles"]
    assert (said["cell"], said["cell_latitude"]) == (cell["h3"], cell["latitude"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \u00a0 "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "a\x1bb"}, "title"),
        ({"title": 5}, "title"),
        ({"title": ["a"]}, "title"),
        ({"description": "x" * 5001}, "description"),
        ({"description": "\x00"}, "description"),
        ({"category": "no-such/thing"}, "category"),
        ({"category": "a > b > c > d > e > f"}, "category"),
        ({"category": str(uuid4())}, "category"),
        ({"category": "x" * 400}, "category"),
        ({"kind": "house"}, "kind"),
        ({"pricing": "free"}, "pricing"),
        ({"price": 60}, "price"),
        ({"price": "60.555"}, "price"),
        ({"price": "-60"}, "price"),
        ({"price": "0"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "9" * 61}, "price"),
        ({"price": "9" * 50}, "price"),
        ({"asset": "DOGE"}, "asset"),
        ({"asset": None}, "asset"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": "2"}, "quantity"),
        ({"quantity": 10**30}, "quantity"),
        ({"condition": "broken"}, "condition"),
        ({"latitude": 91}, "latitude"),
        ({"latitude": "NaN"}, "latitude"),
        ({"longitude": None}, "longitude"),
        ({"wanted": "A viola"}, "wanted"),
        ({"wanted": "x" * 501}, "wanted"),
        ({"accepts_gift_credits": "yes"}, "accepts_gift_credits"),
        ({"accepts_gift_credits": 1}, "accepts_gift_credits"),
        ({"cell": "8760145b4ffffff"}, "cell"),
        ({"status": "sold"}, "status"),
        ({"rating": "4.1"}, "rating"),
        ({"seller_id": str(uuid4())}, "seller_id"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_kept(
    market: Any, change: dict[str, Any], field: str
) -> None:
    """Always 422 with the field, and no event."""
    ana = market.member()
    before = len(await market.said())
    answer = await ana.post("/items", {**FULL, **change})
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text
    assert len(await market.said()) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"title": "\xff"}',
        b'{"title": "\\ud800", "price": "1", "asset": "LXC"}',
        b'{"title": "x", "price": NaN, "asset": "LXC"}',
        b'{"title": "x", "price": "1", "asset": "LXC", "quantity": NaN}',
        b'{"title": "x", "price": "1", "asset": "LXC", "quantity": 1e400}',
        b'{"title": "x", "price": "1", "asset": "LXC", "latitude": Infinity, "longitude": 1}',
        b'{"title": "x", "price": "1", "asset": "LXC", "quantity": ' + b"9" * 5000 + b"}",
        b"[" * 50_000,
    ],
)
@pytest.mark.parametrize("path", ["/items", "/items/import", "/trades"])
async def test_a_broken_body_is_never_our_defect(market: Any, path: str, body: bytes) -> None:
    """Broken JSON, broken UTF-8, no numbers, huge numbers, deep nesting: a problem of 4xx."""
    answer = await market.member().raw(path, body)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_the_limit_is_refused(market: Any) -> None:
    """Two megabytes are enough for 500 rows."""
    answer = await market.member().raw("/items/import", b" " * (2 * 1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_a_write_needs_a_key_and_a_token(market: Any) -> None:
    """Neither is guessed."""
    ana = market.member()
    keyless = await ana.raw("/items", b"{}", **{"Idempotency-Key": ""})
    assert (keyless.status_code, keyless.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert (await market.client.get("/v1/items")).status_code == 401


async def test_the_same_key_lists_once(market: Any) -> None:
    """The same bytes again; another content under the key is refused with its fields."""
    ana = market.member()
    first = await ana.post("/items", FULL, key="bike")
    again = await ana.post("/items", FULL, key="bike")
    assert first.content == again.content
    other = await ana.post("/items", {**FULL, "price": "61.00"}, key="bike")
    assert (other.status_code, other.json()["differs"]) == (409, ["price"])
    assert (await market.types(first.json()["id"])) == ["ItemChanged"]


async def test_a_change_is_refused_to_who_saw_an_older_version(market: Any) -> None:
    """ETag and If-Match; `*` takes any version; the same again changes nothing."""
    ana = market.member()
    item = await market.sell(ana)
    path = f"/items/{item['id']}"
    tag = (await ana.get(path)).headers["etag"]
    assert tag == '"1"'
    changed = await ana.patch(path, {"price": "55.00"}, If_Match=tag)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    stale = await ana.patch(path, {"price": "50.00"}, If_Match=tag)
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
    for broken in ("2", "W/2", '"x"'):
        assert (await ana.patch(path, {"price": "50.00"}, If_Match=broken)).status_code == 412
    assert (await ana.patch(path, {"price": "55.00"}, If_Match="*")).json()["version"] == 2
    assert (await market.types(item["id"])) == ["ItemChanged", "ItemChanged"]


async def test_a_change_with_a_key_is_answered_again(market: Any) -> None:
    """A lost answer can be asked for, though the version has gone on."""
    ana = market.member()
    item = await market.sell(ana)
    path = f"/items/{item['id']}"
    headers = {"If_Match": '"1"', "Idempotency_Key": "cheaper"}
    first = await ana.patch(path, {"price": "55.00"}, **headers)
    again = await ana.patch(path, {"price": "55.00"}, **headers)
    assert first.status_code == 200
    assert again.content == first.content


async def test_a_patch_checks_the_listing_as_a_whole(market: Any) -> None:
    """A gift loses its price by itself; other contradictions are named; nothing half-done."""
    ana = market.member()
    item = await market.sell(ana, condition="good")
    path = f"/items/{item['id']}"
    for change, field in (
        ({"price": None}, "price"),
        ({"kind": "service"}, "condition"),
        ({"latitude": 3}, "longitude"),
        ({"pricing": "gift", "price": "1.00"}, "price"),
        ({"title": None}, "title"),
        ({"status": "reserved"}, "status"),
        ({"version": 7}, "version"),
    ):
        answer = await ana.patch(path, change)
        assert answer.status_code == 422, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]
    gift = (await ana.patch(path, {"pricing": "gift"})).json()
    assert (gift["pricing"], gift["price"], gift["asset"], gift["version"]) == (
        "gift",
        None,
        None,
        2,
    )


async def test_statuses_move_only_where_they_may(market: Any) -> None:
    """Draft to active and withdrawn; back to draft never; quantity stays above what is promised."""
    seller, _, trade = await market.trade_in("accepted", quantity=3)
    path = f"/items/{trade['item_id']}"
    back = await seller.patch(path, {"status": "draft"})
    assert (back.status_code, back.json()["present_status"]) == (409, "active")
    one = await seller.patch(path, {"quantity": 1})
    assert one.json()["status"] == "reserved"
    more = await seller.patch(path, {"quantity": 4})
    assert (more.json()["status"], more.json()["available"]) == ("active", 3)
    withdrawn = await seller.patch(path, {"status": "withdrawn"})
    assert withdrawn.json()["status"] == "withdrawn"
    await market.ledger_says("refuse", trade)
    assert await market.stock(trade["item_id"]) == ("withdrawn", 4, 0, 0)
    assert (await seller.patch(path, {"status": "active"})).json()["status"] == "active"


async def test_the_quantity_stays_above_what_is_promised(market: Any) -> None:
    """Two pieces are held: one is too few."""
    seller, _, trade = await market.trade_in("accepted", quantity=5)
    buyer = market.member()
    offer = {"item_id": trade["item_id"], "amount": "1.00", "asset": "LXC", "quantity": 2}
    second = await buyer.made("/trades", offer)
    await seller.made(f"/trades/{second['id']}/accept")
    answer = await seller.patch(f"/items/{trade['item_id']}", {"quantity": 2})
    assert (answer.status_code, answer.json()["minimum"]) == (409, 3)


async def test_drafts_and_others_items_are_out_of_sight(market: Any) -> None:
    """A draft is its seller's; another community sees nothing; nobody changes another's item."""
    ana, ben = market.member(), market.member()
    draft = await market.sell(ana, status="draft")
    shown = await market.sell(ana)
    assert (await ben.get(f"/items/{draft['id']}")).status_code == 404
    assert (await ana.get(f"/items/{draft['id']}")).status_code == 200
    far = market.member(community="hillside")
    assert (await far.get(f"/items/{shown['id']}")).status_code == 404
    assert (await ben.patch(f"/items/{shown['id']}", {"title": "mine"})).status_code == 404
    assert (await ben.get(f"/items/{uuid4()}")).status_code == 404
    assert (await ben.get("/items/not-an-id")).status_code == 422


async def test_browsing_lists_a_category_with_its_subtree(market: Any) -> None:
    """Newest first, active only, page by page; one's own in every status."""
    ana = market.member(community="lakeside")
    beds = [await market.sell(ana, category="home-garden/furniture") for _ in range(2)]
    pan = await market.sell(ana, category="home-garden/kitchen")
    toy = await market.sell(ana, category="children/toys")
    await market.sell(ana, category="home-garden", status="draft")
    ben = market.member(community="lakeside")

    async def ids(who: Any, **params: Any) -> list[str]:
        found: list[str] = []
        while True:
            page = (await who.get("/items", limit=2, **params)).json()
            found += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                return found
            params["cursor"] = page["next_cursor"]

    assert await ids(ben, category="home-garden") == [pan["id"], beds[1]["id"], beds[0]["id"]]
    assert await ids(ben, category="Home & Garden > Kitchen") == [pan["id"]]
    assert await ids(ben) == [toy["id"], pan["id"], beds[1]["id"], beds[0]["id"]]
    assert len(await ids(ana, mine=True)) == 5
    assert len(await ids(ana, mine=True, status="draft")) == 1
    await market.sell(ana, category="children", kind="service")
    assert len(await ids(ana, mine=True, kind="service")) == 1
    assert len(await ids(ana, mine=True, category="home-garden")) == 4
    assert await ids(ana, mine=True, pricing="gift") == []
    assert len(await ids(ben, kind="good")) == 4
    assert (await ben.get("/items", limit=1000)).status_code == 422
