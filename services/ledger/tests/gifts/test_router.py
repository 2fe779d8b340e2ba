"""Gifts over HTTP: given, spent where they are accepted, returned when their time is over."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from chassis.ids import new_id
from services.ledger.tests.books import NOW, Books, Person, transfer
from services.ledger.tests.conftest import Api
from services.ledger.tests.gifts.words import OPERATOR, accept, give, left, spend, worker


def ends(days: int) -> str:
    """A time in some days."""
    return (NOW + timedelta(days=days)).isoformat()


async def test_a_gift_is_given_spent_and_returned(own_books: Books, own_api: Api) -> None:
    """Spent first from the one that ends first; the rest of it goes back; all of it is visible."""
    books, api = own_books, own_api
    ana, ben, baker = [await books.open_person(money) for money in (10_000, 0, 0)]
    await accept(api, baker.main)
    late = await give(api, ana, ben, "5.00", expires_at=ends(9), memo="happy birthday")
    assert late.status_code == 201, late.text
    assert late.headers["location"] == f"/v1/gifts/{late.json()['id']}"
    soon = (await give(api, ana, ben, "3.00", expires_at=ends(2))).json()
    await give(api, ana, ben, "1.00")
    spent = await spend(api, ben, baker, "2.00", memo="bread")
    assert spent.status_code == 201, spent.text
    assert [one["amount"] for one in spent.json()["entries"]] == ["-2.00", "2.00"]
    assert await left(api, ben) == [("1.00", "OPEN"), ("1.00", "OPEN"), ("5.00", "OPEN")]
    words = (await api.get(f"/v1/accounts/{ben.gift}/explain", ben.id)).json()
    assert words["gifts"][0]["id"] == soon["id"]
    said = "It holds 3 gifts; 1.00 LXC is left of the first that ends, at 2026-11-23 12:00 UTC."
    assert said in words["words"]
    books.clock.move(timedelta(days=2))
    assert await worker(books).fire_due() == 1
    assert await left(api, ben) == [("1.00", "OPEN"), ("0.00", "EXPIRED"), ("5.00", "OPEN")]
    assert await books.balance(ana.main) == 9_200
    entries = (await api.get(f"/v1/accounts/{ben.gift}/entries", ben.id)).json()["entries"]
    assert [one["kind"] for one in entries] == ["gift.expire", "gift.spend", *["gift.give"] * 3]
    assert [one["memo"] for one in entries] == [None, "bread", None, None, "happy birthday"]
    given = (await api.get("/v1/gifts?direction=given&state=EXPIRED", ana.id)).json()["gifts"]
    assert [(one["id"], one["remaining"]) for one in given] == [(soon["id"], "0.00")]
    rows = await books.rows(
        "SELECT headers->>'ce_type' AS kind, payload, headers->>'ce_audience' AS audience "
        "FROM outbox WHERE topic = 'ledger.gifts.v1' ORDER BY id"
    )
    assert [row["kind"].split(".")[1] for row in rows] == [
        *["GiftGiven"] * 3,
        "GiftSpent",
        "GiftExpired",
    ]
    assert set(rows[-1]["audience"].split(",")) == {str(ana.id), str(ben.id)}
    assert orjson.loads(rows[-1]["payload"])["amount_minor"] == "100"
    await books.check()


async def test_gifts_are_spent_only_where_they_are_accepted(books: Books, api: Api) -> None:
    """Elsewhere 409, kept; one's gifts are no money for transfers or reservations either."""
    ana, ben, shop = [await books.open_person(money) for money in (10_000, 0, 0)]
    await give(api, ana, ben, "5.00")
    refused = await spend(api, ben, shop, "1.00")
    assert refused.json()["type"].endswith(":gifts-not-accepted")
    [kept] = await books.rows("SELECT * FROM refused_attempt WHERE account_id = $1", shop.main)
    assert (kept["kind"], kept["rule"]) == ("gift.spend", "gifts-not-accepted")
    plain = {"amount": "1.00", "asset": "LXC"}
    sent = {"from_account": str(ben.gift), "to_account": str(shop.main)} | plain
    assert (await api.post("/v1/transfers", ben.id, sent)).json()["type"].endswith("main-account")
    held = {"account_id": str(ben.gift)} | plain
    assert (await api.post("/v1/reservations", ben.id, held)).status_code == 409
    await accept(api, shop.main)
    assert (await spend(api, ben, shop, "1.00")).status_code == 201
    await books.check()


async def test_more_than_is_left_is_refused_in_figures(books: Books, api: Api) -> None:
    """What is due does not count, though it has not returned yet; the attempt is kept."""
    ana, ben, shop = [await books.open_person(money) for money in (10_000, 0, 0)]
    await accept(api, shop.main)
    await give(api, ana, ben, "5.00", expires_at=ends(1))
    await give(api, ana, ben, "2.00", expires_at=ends(3))
    books.clock.move(timedelta(days=1))
    refused = (await spend(api, ben, shop, "2.01")).json()
    assert refused["type"].endswith(":not-enough-gifts")
    assert (refused["available"], refused["short_by"]) == ("2.00", "0.01")
    [kept] = await books.rows("SELECT * FROM refused_attempt WHERE account_id = $1", ben.gift)
    assert (kept["limit_minor"], kept["beyond_minor"]) == (200, 1)
    assert (await spend(api, ben, shop, "2.00")).status_code == 201
    books.clock.move(-timedelta(days=1))


async def test_every_wish_can_be_repeated(books: Books, api: Api) -> None:
    """The same bytes for the same key, whatever has become of it meanwhile."""
    ana, ben, shop = [await books.open_person(money) for money in (10_000, 0, 0)]
    await accept(api, shop.main)
    first = await give(api, ana, ben, "5.00", expires_at=ends(1), key="g")
    assert (await give(api, ana, ben, "5.00", expires_at=ends(1), key="g")).content == first.content
    other = await give(api, ana, ben, "6.00", expires_at=ends(1), key="g")
    assert (other.status_code, other.json()["differs"]) == (409, ["amount"])
    spent = await spend(api, ben, shop, "5.00", key="s")
    assert (await spend(api, ben, shop, "5.00", key="s")).content == spent.content
    assert await books.balance(ben.gift) == 0
    books.clock.move(timedelta(days=1))
    await worker(books).fire_due()
    again = await give(api, ana, ben, "5.00", expires_at=ends(1), key="g")
    assert again.content == first.content
    assert await books.balance(ana.main) == 9_500


def wrong(case: str, ana: Person, ben: Person) -> dict[str, Any]:
    """A wish to give with one fault."""
    body = {"from_account": str(ana.main), "to_user": str(ben.id), "amount": "1.00", "asset": "LXC"}
    faults: dict[str, dict[str, Any]] = {
        "zero": {"amount": "0.00"},
        "too precise": {"amount": "1.001"},
        "too long": {"amount": "9" * 40},
        "unknown asset": {"asset": "GOLD"},
        "past": {"expires_at": NOW.isoformat()},
        "too far": {"expires_at": ends(3_661)},
        "no zone": {"expires_at": "2026-12-01T00:00:00"},
        "both": {"to_account": str(ben.gift)},
        "nobody": {"to_user": str(new_id())},
        "into MAIN": {"to_user": None, "to_account": str(ben.main)},
        "from GIFT": {"from_account": str(ana.gift)},
        "of somebody else": {"from_account": str(ben.main)},
        "to oneself": {"to_user": str(ana.id)},
        "too much": {"amount": "100.01"},
    }
    return body | faults[case]


@pytest.mark.parametrize(
    ("case", "status", "problem"),
    [
        ("zero", 422, "malformed"),
        ("too precise", 422, "malformed"),
        ("too long", 422, "malformed"),
        ("unknown asset", 422, "malformed"),
        ("past", 422, "malformed"),
        ("too far", 422, "malformed"),
        ("no zone", 422, "malformed"),
        ("both", 422, "malformed"),
        ("nobody", 404, "no-such-account"),
        ("into MAIN", 409, "not-for-gifts"),
        ("from GIFT", 409, "not-for-gifts"),
        ("of somebody else", 404, "no-such-account"),
        ("to oneself", 409, "gift-to-oneself"),
        ("too much", 409, "insufficient-funds"),
    ],
)
async def test_what_may_not_be_is_refused(
    books: Books, api: Api, case: str, status: int, problem: str
) -> None:
    """By name, and nothing moves."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    answer = await api.post("/v1/gifts", ana.id, wrong(case, ana, ben))
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, problem)
    assert await books.balance(ana.main) == 10_000


async def test_gifts_are_their_parties_business(books: Books, api: Api) -> None:
    """Giver, receiver and operators see one; others do not know of it."""
    ana, ben, eve = [await books.open_person(1_000) for _ in range(3)]
    gift = (await give(api, ana, ben, "1.00")).json()
    path = f"/v1/gifts/{gift['id']}"
    assert [(await api.get(path, one.id)).status_code for one in (ana, ben, eve)] == [200, 200, 404]
    assert (await api.get(path, OPERATOR, role="OPERATOR")).status_code == 200
    assert (await api.get(f"/v1/gifts?account_id={ben.gift}", eve.id)).status_code == 404
    listed = await api.get(f"/v1/gifts?account_id={ben.gift}", OPERATOR, role="OPERATOR")
    assert [one["id"] for one in listed.json()["gifts"]] == [gift["id"]]
    assert (await api.get("/v1/gifts?direction=given", eve.id)).json()["gifts"] == []


async def test_pages_go_through_all_gifts(books: Books, api: Api) -> None:
    """Each once, newest first."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    given = [(await give(api, ana, ben, "0.10")).json()["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.get(f"/v1/gifts?limit=2{cursor}", ben.id)).json()
        seen += [one["id"] for one in page["gifts"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == given[::-1]


async def test_a_gift_is_not_reversed_by_hand(books: Books, api: Api) -> None:
    """Its way back is its end."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    gift = (await give(api, ana, ben, "1.00")).json()
    path = f"/v1/transfers/{gift['transfer_id']}/reverse"
    answer = await api.post(path, OPERATOR, {}, role="OPERATOR")
    assert answer.json()["type"].endswith(":not-reversible")


async def test_a_giver_who_may_get_something_back_is_awaited(books: Books, api: Api) -> None:
    """Their account is closed when no gift can return to it any more."""
    ana, ben = await books.open_person(500), await books.open_person()
    await give(api, ana, ben, "2.00", expires_at=ends(1))
    await books.post(transfer(ana.main, ben.main, 300))
    path, body = f"/v1/accounts/{ana.main}/policy/close", {"reason": "moves away"}
    refused = await api.post(path, OPERATOR, body, role="OPERATOR")
    assert refused.json()["type"].endswith(":account-awaited")
    books.clock.move(timedelta(days=1))
    await worker(books).fire_due()
    await books.post(transfer(ana.main, ben.main, 200))
    assert (await api.post(path, OPERATOR, body, role="OPERATOR")).status_code == 200


async def test_a_dry_run_says_what_a_gift_would_do(books: Books, api: Api) -> None:
    """Entries and balances, or the problem; nothing is written."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    wish = {"from_account": str(ana.main), "to_user": str(ben.id), "asset": "LXC"}
    seen = (await api.post("/v1/gifts?dry_run=true", ana.id, wish | {"amount": "60.00"})).json()
    assert (seen["status"], seen["kind"]) == ("posted", "gift.give")
    assert [one["amount"] for one in seen["entries"]] == ["-60.00", "60.00"]
    [mine] = seen["balances"]
    assert (mine["balance_before"], mine["balance_after"]) == ("100.00", "40.00")
    seen = (await api.post("/v1/gifts?dry_run=true", ana.id, wish | {"amount": "100.01"})).json()
    assert seen["status"] == "refused"
    assert seen["problem"]["type"].endswith(":insufficient-funds")
    seen = (
        await api.post(
            "/v1/gifts?dry_run=true", ana.id, wish | {"amount": "1.00", "to_user": str(ana.id)}
        )
    ).json()
    assert seen["problem"]["type"].endswith(":gift-to-oneself")
    assert (await books.balance(ana.main), await books.balance(ben.gift)) == (10_000, 0)
