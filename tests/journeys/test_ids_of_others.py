"""No id of somebody else opens anything: every route with an id, tried by a stranger.

Then by its owner, or the other side of their trade: who would be refused anyway proves nothing.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import uuid4

import pytest

from localex_client import LocalEx
from services.gateway.tests.two_factor.authenticator import Authenticator
from tests.journeys.people import Actor, eventually, funded_trade, somebody
from tests.journeys.test_pictures_of_a_bicycle import photo
from tests.roles.cases import Case
from tests.roles.routes import guarded
from tests.stack.plugin import System
from tests.stack.post_box import open_post_box

_SOON: Final = datetime.now(UTC) + timedelta(days=2)


#: What everybody who is logged in may see, and why.
OPEN: Final = {
    "GET /v1/docs/{name}": "files of the page",
    "POST /v1/webhooks-in/{source}": "signed by its source",
    "GET /v1/checkpoints/{size}": "the log is public",
    "GET /v1/checkpoints/{size}/consistency": "the log is public",
    "GET /v1/items/{item_id}": "on offer to all",
    "PUT /v1/items/{item_id}/watch": "one's own list, of what is on offer to all",
    "DELETE /v1/items/{item_id}/watch": "one's own list",
    "POST /v1/items/{item_id}/reports": "anybody may report what is on offer",
    "GET /v1/images/{image_hash}/{size}.webp": "for pages; the name cannot be guessed",
    "GET /v1/members/{user_id}/ratings": "what was said of somebody is for all to read",
    "GET /v1/members/{user_id}/reputation": "what was said of somebody is for all to read",
    "GET /v1/me/vault/{field}": "one's own; the field is no id",
    "PUT /v1/me/vault/{field}": "one's own; the field is no id",
    "DELETE /v1/me/vault/{field}": "one's own; the field is no id",
}
CASES: Final[dict[str, Case]] = {
    "POST /v1/webhooks/deliveries/{delivery_id}/redrive": Case("delivery"),
    "DELETE /v1/webhooks/endpoints/{endpoint_id}": Case("endpoint"),
    "GET /v1/webhooks/endpoints/{endpoint_id}/deliveries": Case("endpoint"),
    "POST /v1/webhooks/endpoints/{endpoint_id}/rotate-secret": Case("endpoint"),
    "GET /v1/webhooks/endpoints/{endpoint_id}/secrets": Case("endpoint"),
    "GET /v1/account-groups/{group_id}": Case("group"),
    "GET /v1/account-groups/{group_id}/balance": Case("group"),
    "GET /v1/account-groups/{group_id}/members": Case("group"),
    "POST /v1/account-groups/{group_id}/members": Case("group", {"remove": [str(uuid4())]}),
    "GET /v1/accounts/{account_id}": Case("account"),
    "GET /v1/accounts/{account_id}/balance": Case("account"),
    "GET /v1/accounts/{account_id}/entries": Case("account"),
    "GET /v1/accounts/{account_id}/explain": Case("account"),
    "GET /v1/accounts/{account_id}/policies": Case("account"),
    "GET /v1/accounts/{account_id}/policy": Case("account"),
    "GET /v1/accounts/{account_id}/statement": Case(
        "account", query={"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    ),
    "POST /v1/accounts/{account_id}/statements": Case(
        "account", {"form": "csv", "month": "2026-01"}
    ),
    "GET /v1/statements/{statement_id}": Case("statement"),
    "GET /v1/accounts/{account_id}/statement.csv": Case("account", query={"month": "2026-01"}),
    "GET /v1/accounts/{account_id}/statement.pdf": Case("account", query={"month": "2026-01"}),
    "GET /v1/escrows/{escrow_id}": Case("escrow"),
    "POST /v1/escrows/{escrow_id}/price": Case("escrow", {"fee_quote": str(uuid4())}),
    "GET /v1/gifts/{gift_id}": Case("gift"),
    "DELETE /v1/monitors/{monitor_id}": Case("monitor"),
    "GET /v1/monitors/{monitor_id}": Case("monitor"),
    "GET /v1/reservations/{reservation_id}": Case("reservation"),
    "POST /v1/reservations/{reservation_id}/capture": Case("reservation", {"amount": "1.00"}),
    "POST /v1/reservations/{reservation_id}/release": Case("reservation"),
    "GET /v1/scheduled-transfers/{scheduled_id}": Case("scheduled"),
    "POST /v1/scheduled-transfers/{scheduled_id}/cancel": Case("scheduled"),
    "GET /v1/transfers/{transfer_id}": Case("transfer"),
    "GET /v1/transfers/{transfer_id}/proof": Case("transfer"),
    "PATCH /v1/items/{item_id}": Case("item", {"title": "Mine now"}),
    "GET /v1/trades/{trade_id}": Case("trade"),
    "POST /v1/trades/{trade_id}/accept": Case("trade"),
    "POST /v1/trades/{trade_id}/cancel": Case("trade"),
    "POST /v1/trades/{trade_id}/confirm": Case("trade"),
    "POST /v1/trades/{trade_id}/counter": Case("trade", {"amount": "1.00"}),
    "POST /v1/trades/{trade_id}/decline": Case("trade"),
    "POST /v1/trades/{trade_id}/dispute": Case("trade", {"reason": "it is mine"}),
    "POST /v1/trades/{trade_id}/hand-over": Case("trade"),
    "POST /v1/trades/{trade_id}/code": Case("trade"),
    "POST /v1/trades/{trade_id}/code/withdraw": Case("trade"),
    "GET /v1/trades/{trade_id}/messages": Case("trade"),
    "POST /v1/trades/{trade_id}/messages": Case("trade", {"text": "let me in"}),
    "POST /v1/trades/{trade_id}/partial-refund": Case("trade", {"amount": "1.00"}),
    "GET /v1/trades/{trade_id}/ratings": Case("trade", owners=409),
    "POST /v1/trades/{trade_id}/ratings": Case("trade", {"stars": 1, "text": "not my trade"}),
    "GET /v1/trades/{trade_id}/statements": Case("trade"),
    "POST /v1/trades/{trade_id}/statements": Case("trade", {"text": "I was not there"}),
    "GET /v1/images/{image_id}": Case("image"),
    "DELETE /v1/images/{image_id}": Case("image"),
    "POST /v1/images/uploads/{upload_id}/done": Case("upload"),
    "PUT /v1/items/{item_id}/images": Case("item", {"images": []}),
    "DELETE /v1/saved-searches/{search_id}": Case("search"),
    "DELETE /v1/sessions/{session_id}": Case("session"),
    "DELETE /v1/me/api-keys/{key_id}": Case("key"),
    "POST /v1/me/api-keys/{key_id}/rotate": Case("key", {"overlap_hours": 1}),
    "DELETE /v1/me/passkeys/{passkey_id}": Case("passkey"),
    "GET /v1/me/exports/{export_id}": Case("export"),
}
#: Routes with an id that a member may call, as the code has them.
ROUTES: Final = sorted(
    f"{one.method} {one.path}" for one in guarded() if "{" in one.path and "MEMBER" in one.roles
)


def test_every_route_with_an_id_has_a_case() -> None:
    """A new one fails here until it is tried, or is said to be open and why."""
    assert sorted({*CASES, *OPEN}) == ROUTES


async def things_of(ana: Actor, ben: Actor, program: str) -> dict[str, str]:
    """One of each that Ana has; her program hears of it."""
    client, account = ana.client, (await ana.account()).id
    passkey = await add_passkey(client)
    endpoint = await client.add_endpoint(f"{program}/hook")
    moved = await client.transfer(account, "1.00", to_user=ben.user.id)
    wish = {"from_account": str(account), "to_user": str(ben.user.id)}
    wish |= {"amount": "1.00", "asset": "LXC"}
    later = {**wish, "effective_at": _SOON.isoformat()}
    trade = await funded_trade(ben, ana)
    statements = f"/v1/accounts/{account}/statements"
    deliveries = await eventually(
        lambda: client.endpoint_deliveries(endpoint, state="delivered"), bool
    )
    return {
        "passkey": passkey,
        "delivery": deliveries[0]["id"],
        "account": str(account),
        "transfer": str(moved.id),
        "gift": (await client.write("/v1/gifts", wish, None))["id"],
        "scheduled": (await client.write("/v1/transfers", later, None))["id"],
        "reservation": str((await client.reserve(account, "2.00")).id),
        "monitor": str((await client.watch(account, "below", "1.00")).id),
        "group": (await client.write("/v1/account-groups", {"name": "Mine"}, None))["id"],
        "item": str((await client.create_item("Garden chair", price="5.00")).id),
        "trade": str(trade.id),
        "escrow": str(trade.id),
        "export": (await client.write("/v1/me/export", {}, None))["id"],
        "statement": (await client.write(statements, {"form": "csv", "month": "2026-01"}, None))[
            "id"
        ],
        "endpoint": str(endpoint),
        "image": str((await client.upload_image(photo(), media_type="image/jpeg")).id),
        "upload": str((await client.open_image_upload("image/jpeg", 1_000)).id),
        "search": str((await client.save_search("Chairs", q="chair")).id),
        "session": str((await client.sessions())[0].id),
        "key": str((await client.make_api_key("shop", ["items:read"])).id),
    }


async def add_passkey(client: LocalEx) -> str:
    """A passkey of somebody's device; the session that begins with it is used from now on."""
    asked = await client.ask("POST", "/v1/me/passkeys/challenge")
    credential = Authenticator().create(asked["options"])
    body = {"challenge": asked["challenge"], "name": "phone", "credential": credential}
    answer = await client.ask("POST", "/v1/me/passkeys", json=body)
    client.token = answer["session"]["token"]
    kept = await client.ask("GET", "/v1/me/second-factor")
    return str(kept["passkeys"][0]["id"])


class World(NamedTuple):
    """Who is there, and one of each that Ana has, by name."""

    ana: LocalEx
    ben: LocalEx
    eve: LocalEx
    things: dict[str, str]


@pytest.fixture(scope="module")
async def world(system: System) -> AsyncIterator[World]:
    """Ana, who trades with Ben, a stranger, and what Ana has."""
    async with AsyncExitStack() as stack:
        program = stack.enter_context(open_post_box())
        ana = await stack.enter_async_context(somebody(system, "Ana", credits="90.00"))
        ben = await stack.enter_async_context(somebody(system, "Ben"))
        eve = await stack.enter_async_context(somebody(system, "Eve"))
        yield World(ana.client, ben.client, eve.client, await things_of(ana, ben, program.url))


async def ask(client: LocalEx, route: str, thing: str) -> tuple[int, Any]:
    """Status and document of one try."""
    case = CASES[route]
    method, _, path = route.partition(" ")
    head, _, rest = path.partition("{")
    answer = await client.send(
        method,
        head + thing + rest.partition("}")[2],
        json=None if method in ("GET", "DELETE") else dict(case.body),
        query=case.query,
        key=None if method == "GET" else secrets.token_hex(8),
        headers={"If-Match": '"1"'} if method in ("PATCH", "PUT") or "members" in path else None,
    )
    is_json = answer.content and "json" in answer.headers.get("content-type", "")
    return answer.status_code, answer.json() if is_json else None


@pytest.mark.parametrize("route", sorted(CASES))
async def test_an_id_of_somebody_else_opens_nothing(world: World, route: str) -> None:
    """A stranger is told the same as of an id that does not exist, or that it is not theirs."""
    thing = world.things[CASES[route].id]
    status, problem = await ask(world.eve, route, thing)
    assert status in (403, 404), problem
    unknown, _ = await ask(world.eve, route, str(uuid4()))
    assert unknown in (403, 404)
    if status == 404:
        assert unknown == 404
        assert thing not in str({**problem, "detail": ""})


@pytest.mark.parametrize("route", sorted(one for one in CASES if one.startswith("GET ")))
async def test_the_same_id_opens_for_its_owner(world: World, route: str) -> None:
    """So that the matrix tries ids that are real."""
    status, document = await ask(world.ana, route, world.things[CASES[route].id])
    assert status == CASES[route].owners, document


def last(route: str) -> tuple[bool, bool, str]:
    """What takes things away is tried after the rest, and one's own session at the very end."""
    return "/sessions/" in route, route.startswith("DELETE "), route


WRITES: Final = sorted([one for one in CASES if not one.startswith("GET ")], key=last)


@pytest.mark.parametrize("route", WRITES)
async def test_the_same_id_is_its_owner_s_to_change(world: World, route: str) -> None:
    """Or the other side's of the trade: done, or refused for its state, not for who they are."""
    thing = world.things[CASES[route].id]
    status, document = await ask(world.ana, route, thing)
    if status in (403, 404) and CASES[route].id in ("trade", "escrow"):
        status, document = await ask(world.ben, route, thing)
    # Where the body names a thing that is none, it came as far as that.
    assert status not in (401, 403, 404) or document["type"].endswith(":no-such-quote"), document
    assert status < 500, document
