"""What one community has, another asks for in vain: every route with an id, and every list.

Asked by somebody of another community; by an operator there; and with a token that has the very
person's id and another community: then every statement that looks for the owner finds them, and
the policies of the tables alone stand in the way.
"""

from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from chassis.tokens import Caller
from services.marketplace.tests.conftest import Member
from tests.roles.cases import Case
from tests.roles.routes import guarded

#: Why a route with an id has no case.
OPEN: Final = {
    "GET /v1/images/{image_hash}/{size}.webp": "for pages, without a token; not to be guessed",
    "PATCH /v1/categories/{category_id}": "all communities share the tree",
    "DELETE /v1/items/{item_id}/watch": "answers the same whether there is one; tried below",
    "POST /v1/images/uploads/{upload_id}/done": "needs object storage; see tests/journeys",
}
CASES: Final = {
    "PUT /v1/images/quotas/{owner_id}": Case("member", {"images_max": 5, "bytes_max": 999}),
    "DELETE /v1/images/{image_id}": Case("image"),
    "GET /v1/images/{image_id}": Case("image"),
    "GET /v1/items/{item_id}": Case("item"),
    "PATCH /v1/items/{item_id}": Case("item", {"title": "Mine now"}),
    "POST /v1/items/{item_id}/decisions": Case("item", {"decision": "hide", "reason": "mine"}),
    "PUT /v1/items/{item_id}/images": Case("item", {"images": []}),
    "GET /v1/items/{item_id}/reports": Case("item"),
    "POST /v1/items/{item_id}/reports": Case("item", {"ground": "spam"}),
    "PUT /v1/items/{item_id}/watch": Case("item"),
    "GET /v1/members/{user_id}/ratings": Case("member"),
    "GET /v1/members/{user_id}/reputation": Case("member"),
    "POST /v1/members/{user_id}/reputation/recount": Case("member"),
    "DELETE /v1/saved-searches/{search_id}": Case("search"),
    "GET /v1/trades/{trade_id}": Case("trade"),
    "POST /v1/trades/{trade_id}/accept": Case("trade"),
    "POST /v1/trades/{trade_id}/cancel": Case("trade"),
    "POST /v1/trades/{trade_id}/code": Case("trade"),
    "POST /v1/trades/{trade_id}/code/withdraw": Case("trade"),
    "POST /v1/trades/{trade_id}/confirm": Case("trade"),
    "POST /v1/trades/{trade_id}/counter": Case("trade", {"amount": "1.00"}),
    "POST /v1/trades/{trade_id}/decline": Case("trade"),
    "POST /v1/trades/{trade_id}/dispute": Case("trade", {"reason": "it is mine"}),
    "POST /v1/trades/{trade_id}/hand-over": Case("trade"),
    "GET /v1/trades/{trade_id}/messages": Case("trade"),
    "POST /v1/trades/{trade_id}/messages": Case("trade", {"text": "let me in"}),
    "POST /v1/trades/{trade_id}/partial-refund": Case("trade", {"amount": "1.00"}),
    "GET /v1/trades/{trade_id}/ratings": Case("trade", owners=409),
    "POST /v1/trades/{trade_id}/ratings": Case("trade", {"stars": 1}),
    "POST /v1/trades/{trade_id}/resolve": Case("trade", {"ruling": "refund", "reason": "mine"}),
    "GET /v1/trades/{trade_id}/statements": Case("trade"),
    "POST /v1/trades/{trade_id}/statements": Case("trade", {"text": "I was there"}),
}
#: Lists, and what of theirs is never seen elsewhere; the tree is shared, its counts are not.
LISTS: Final = (
    "/v1/images",
    "/v1/items",
    "/v1/items?mine=true",
    "/v1/item-reports",
    "/v1/item-reports/mine",
    "/v1/saved-searches",
    "/v1/trades",
    "/v1/trades?stuck=true",
    "/v1/watches",
)
#: Reads without an id that are no lists of things.
COUNTS: Final = ("/v1/categories", "/v1/images/quota", "/v1/images/report")
ROUTES: Final = [one for one in guarded() if one.service == "marketplace"]
CALLERS: Final = ("stranger", "seller", "buyer")


def test_every_route_with_an_id_has_a_case() -> None:
    """A new one fails here until it is tried, or is said to be open and why."""
    named = {f"{one.method} {one.path}" for one in ROUTES if "{" in one.path}
    assert {*CASES, *OPEN} == named


def test_every_list_is_looked_at() -> None:
    """Likewise."""
    reads = {one.path for one in ROUTES if one.method == "GET" and "{" not in one.path}
    assert {path.partition("?")[0] for path in (*LISTS, *COUNTS)} == reads


def caller(world: Any, who: str, community: str) -> Member:
    """Somebody with every right of a member and an operator, in a community."""
    market, ids = world
    person = ids[who] if who in ("seller", "buyer") else uuid4()
    return Member(
        Caller(person, frozenset({"MEMBER", "OPERATOR", "ADMIN"}), community), market.client
    )


async def ask(member: Member, route: str, thing: str) -> Any:
    """Try a route on a thing."""
    method, _, path = route.partition(" ")
    head, _, rest = path.partition("{")
    headers = member.named({"Idempotency-Key": uuid4().hex, "If-Match": "*"})
    body = None if method in ("GET", "DELETE") else dict(CASES[route].body)
    url = head + thing + rest.partition("}")[2]
    return await member.client.request(method, url, json=body, headers=headers)


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("route", sorted(CASES))
async def test_there_is_no_such_thing_in_another_community(
    world: Any, route: str, who: str
) -> None:
    """The answer is that of an id that was never given."""
    thing = world[1][CASES[route].id]
    far = caller(world, who, "hillside")
    answer = await ask(far, route, thing)
    assert answer.status_code == 404, answer.text
    unknown = str(uuid4())
    never = await ask(far, route, unknown)
    assert answer.json() == {
        **never.json(),
        "detail": never.json()["detail"].replace(unknown, thing),
    }


@pytest.mark.parametrize("route", sorted(one for one in CASES if one.startswith("GET ")))
async def test_the_same_thing_is_there_in_its_own(world: Any, route: str) -> None:
    """So that what is asked for in vain is real."""
    near = caller(world, "seller", "riverside")
    assert (await ask(near, route, world[1][CASES[route].id])).status_code == CASES[route].owners


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("path", LISTS)
async def test_no_list_shows_what_another_community_has(world: Any, path: str, who: str) -> None:
    """Not one of its ids, whoever asks."""
    _, ids = world
    found = await caller(world, who, "hillside").client.get(
        path, headers=caller(world, who, "hillside").named({})
    )
    assert found.status_code == 200, found.text
    own = {str(value) for name, value in ids.items() if name != "there"}
    assert [one for one in own if one in found.text] == []


async def test_a_trade_is_not_offered_for_an_item_of_elsewhere(world: Any) -> None:
    """It is as if there were none."""
    wish = {"item_id": world[1]["item"], "amount": "1.00", "asset": "LXC"}
    answer = await caller(world, "stranger", "hillside").post("/trades", wish)
    assert answer.status_code == 404, answer.text


async def test_categories_count_what_is_on_offer_in_ones_own_community(world: Any) -> None:
    """One lamp in Hillside, whatever Riverside has."""
    tree = (await caller(world, "stranger", "hillside").get("/categories")).json()
    assert sum(one["on_offer"] for one in tree["categories"] if one["parent_id"] is None) == 1


async def test_quota_and_report_of_images_count_ones_own_community(world: Any) -> None:
    """Riverside's image is in neither."""
    far = caller(world, "seller", "hillside")
    assert (await far.get("/images/quota")).json()["images"] == 0
    assert (await far.get("/images/report")).json()["uploaded"] == 0


async def test_a_watch_is_not_ended_from_elsewhere(world: Any) -> None:
    """The answer tells nothing, and the watch is there still."""
    market, ids = world
    assert (
        await caller(world, "buyer", "hillside").delete(f"/items/{ids['item']}/watch")
    ).status_code == 200
    kept = "SELECT count(*) FROM item_watch WHERE item_id = $1 AND user_id = $2"
    assert await market.database.pool.fetchval(kept, UUID(ids["item"]), ids["buyer"]) == 1
