"""No id of somebody else opens anything in a body or a query either, and nothing is changed by it.

Each is tried by a stranger, then what its owner has is compared, then the owner's own call works.
"""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple

import pytest

from chassis.http import create_app
from localex_client import LocalEx
from tests.journeys.people import eventually, somebody
from tests.journeys.test_pictures_of_a_bicycle import photo
from tests.roles.routes import SERVICES, guarded
from tests.stack.plugin import System


class Try(NamedTuple):
    """How a field is tried.

    Attributes:
        body: With the owner's id in it; a query where the method reads.
        strangers: What a stranger is answered.
        owners: What the owner is answered.
        path: Where the route has an id, with the caller's own things.
    """

    body: dict[str, Any]
    strangers: tuple[int, ...] = (403, 404)
    owners: int = 201
    path: str = ""


_PAY: Final = {"to_user": "{ben}", "amount": "1.00", "asset": "LXC"}
_SPEND: Final = {"from_account": "{gift_account}", **_PAY}
TRIES: Final = {
    "POST /v1/transfers from_account": Try({"from_account": "{account}", **_PAY}),
    "POST /v1/transfers/bulk transfers.[].from_account": Try(
        {"mode": "atomic", "transfers": [{"from_account": "{account}", **_PAY}]},
        strangers=(403, 404, 409),
        owners=200,
    ),
    "POST /v1/transfers/templates from_account": Try(
        {"template": "payment", "from_account": "{account}", **_PAY}
    ),
    "POST /v1/gifts from_account": Try({"from_account": "{account}", **_PAY}),
    # Refused for the payee, who takes no gift credits: it came as far as that.
    "POST /v1/gifts/spend from_account": Try(_SPEND, owners=409),
    "POST /v1/reservations account_id": Try(
        {"account_id": "{account}", "amount": "1.00", "asset": "LXC"}
    ),
    "POST /v1/monitors account_id": Try(
        {"account_id": "{account}", "kind": "below", "threshold": "1.00"}
    ),
    "POST /v1/account-groups/{group_id}/members add.[]": Try(
        {"add": ["{account}"]}, owners=200, path="/v1/account-groups/{own_group}/members"
    ),
    "PUT /v1/items/{item_id}/images images.[]": Try(
        {"images": ["{image}"]},
        strangers=(403, 404, 409, 422),
        owners=200,
        path="/v1/items/{own_item}/images",
    ),
    "POST /v1/trades gives.[].item_id": Try(
        {"item_id": "{bens_loom}", "gives": [{"item_id": "{item}", "quantity": 1}]},
        strangers=(409,),
    ),
    "POST /v1/notifications/read ids.[]": Try({"ids": ["{notification}"]}, owners=200),
    "GET /v1/accounts owner_id": Try({"owner_id": "{ana}"}, owners=200),
    "GET /v1/gifts account_id": Try(
        {"account_id": "{gift_account}", "direction": "received"}, owners=200
    ),
    "GET /v1/monitors account_id": Try({"account_id": "{account}"}, owners=200),
    "GET /v1/reservations account_id": Try({"account_id": "{account}"}, owners=200),
    "GET /v1/scheduled-transfers account_id": Try({"account_id": "{account}"}, owners=200),
}

#: What names no thing of one's own, and why.
OTHERS: Final = {
    "cursor": "a place in a list that shows one's own alone",
    "up_to": "a place in a list of one's own",
    "to_user": "whom one pays is another",
    "to_account": "whom one pays is another",
    "fee_quote": "ledger/tests/fees: a price is promised to one person",
    "quote": "ledger/tests/exchanges: a price is promised to one person",
    "seller": "what is on offer is for all to see",
    "query_id": "what was searched for has no owner",
    "item_id": "what is on offer is for all to see",
    "remove.[]": "one's own group forgets an account, whosever it is",
    "parts.[].to_account": "whom one pays is another",
    "parts.[].to_user": "whom one pays is another",
    "transfers.[].to_account": "whom one pays is another",
    "transfers.[].to_user": "whom one pays is another",
    "transfers.[].fee_quote": "ledger/tests/fees: a price is promised to one person",
}
#: Shown where what it takes is made.
ELSEWHERE: Final = {
    "POST /v1/exchanges from_account": "ledger/tests/exchanges",
    "POST /v1/exchanges/quotes from_account": "ledger/tests/exchanges",
    "POST /v1/transfers/templates transfer_id": "ledger/tests/transfers",
    "POST /v1/trades/{trade_id}/statements image_ids.[]": "marketplace/tests/disputes",
}


def _ids(schema: Any, known: Any, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Where in a schema an id may be."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from _ids(known[name], known, (*seen, name))
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _ids(one, known, seen)
    if schema.get("format") == "uuid":
        yield ""
    inner = dict(schema.get("properties", {}))
    if "items" in schema:
        inner["[]"] = schema["items"]
    for name, one in inner.items():
        yield from (f"{name}.{rest}".strip(".") for rest in _ids(one, known, seen))


def fields() -> set[str]:
    """Each id in a body or a query of a route that members may call."""
    roles = {(one.service, one.method, one.path): one.roles for one in guarded()}
    found = set()
    for service in SERVICES:
        document = create_app(service.name, service.routers, body_max_bytes=1).openapi()
        known = document["components"]["schemas"]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                name = (service.name, method.upper(), path)
                if "MEMBER" not in roles.get(name, ()):
                    continue
                asked = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
                named = {one["name"] for one in asked if [*_ids(one["schema"], known)]}
                for content in operation.get("requestBody", {}).get("content", {}).values():
                    named.update(_ids(content["schema"], known))
                found |= {f"{method.upper()} {path} {field}" for field in named}
    return found


def test_every_id_in_a_body_or_query_is_accounted_for() -> None:
    """A new one fails here until it is tried, or it is said why it names nothing of one's own."""
    left = fields() - TRIES.keys() - ELSEWHERE.keys()
    assert {one for one in left if one.rpartition(" ")[2] not in OTHERS} == set()
    assert {*TRIES, *ELSEWHERE} - fields() == set()


@pytest.fixture(scope="module")
async def world(
    system: System,
) -> AsyncIterator[tuple[LocalEx, LocalEx, dict[str, dict[str, str]]]]:
    """Ana, a stranger, and what each has."""
    async with AsyncExitStack() as stack:
        ana = await stack.enter_async_context(somebody(system, "Ana", credits="90.00"))
        ben = await stack.enter_async_context(somebody(system, "Ben", credits="20.00"))
        eve = await stack.enter_async_context(somebody(system, "Eve", credits="20.00"))
        await ben.client.give((await ben.account()).id, ana.user.id, "9.00")
        loom = await ben.client.create_item("Loom", pricing="barter", wanted="A chair")
        image = (await ana.client.upload_image(photo(), media_type="image/jpeg")).id

        assert (await ana.client.settled_image(image)).state == "READY"
        told = await eventually(ana.client.notifications, lambda page: bool(page.notifications))
        shared = {
            "ana": str(ana.user.id),
            "ben": str(ben.user.id),
            "account": str((await ana.account()).id),
            "gift_account": str((await ana.account("GIFT")).id),
            "item": str((await ana.client.create_item("Garden chair", price="5.00")).id),
            "image": str(image),
            "bens_loom": str(loom.id),
            "notification": str(told.notifications[0].id),
        }
        things = {}
        for name, one in (("ana", ana), ("eve", eve)):
            group = await one.client.make_group("Mine")
            item = await one.client.create_item("Lamp", price="5.00")
            things[name] = {**shared, "own_group": str(group.id), "own_item": str(item.id)}
        yield ana.client, eve.client, things


async def ask(client: LocalEx, route: str, things: dict[str, str]) -> tuple[int, Any]:
    """Status and document of one try."""
    case = TRIES[route]
    method, path, _ = route.split(" ")
    text = json.dumps([case.path or path, case.body])
    for name, thing in things.items():
        text = text.replace(f"{{{name}}}", thing)
    path, body = json.loads(text)
    answer = await client.send(
        method,
        path,
        json=None if method == "GET" else body,
        query=body if method == "GET" else {},
        key=None if method == "GET" else secrets.token_hex(8),
    )
    return answer.status_code, answer.json()


async def stands(ana: LocalEx) -> list[Any]:
    """All that a stranger might have changed of Ana's."""
    lists = ("accounts", "reservations", "monitors", "scheduled-transfers", "gifts", "trades")
    more = ("account-groups", "images", "notifications?unread=true")
    return [await ana.ask("GET", f"/v1/{one}") for one in (*lists, *more)]


@pytest.mark.parametrize("route", sorted(TRIES))
async def test_an_id_of_somebody_else_does_nothing(world: Any, route: str) -> None:
    """A stranger is refused and nothing of the owner's is other than before; it works for them."""
    ana, eve, things = world
    before = await stands(ana)
    status, document = await ask(eve, route, things["eve"])
    assert status in TRIES[route].strangers or not any(document.values()), (status, document)
    if status < 300 and route.startswith("GET "):
        assert [one for one in document.values() if one] == []
    assert await stands(ana) == before
    status, document = await ask(ana, route, things["ana"])
    assert status == TRIES[route].owners, document
    if not route.startswith("GET ") and status < 300:
        assert await stands(ana) != before
