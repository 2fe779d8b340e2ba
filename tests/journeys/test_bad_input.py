"""Bad bodies to every route that takes one: a 4xx problem that names the field, nothing changed."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.journeys.people import Actor, funded_trade, operator, somebody
from tests.stack.plugin import System

NOBODY = str(uuid4())
MEGABYTE = 1024 * 1024


@dataclass
class Scene:
    """Two people, a trade in each state that takes steps, and what must stay as it is."""

    system: System
    ana: Actor
    ben: Actor
    operator_token: str
    item_id: UUID
    offered: UUID
    funded: UUID

    def good(self, route: str) -> dict[str, Any]:
        """A body that the route would take."""
        bodies: dict[str, dict[str, Any]] = {
            "/v1/users": {
                "email": f"{uuid4().hex}@example.org",
                "password": "long enough",
                "display_name": "Eve",
            },
            "/v1/sessions": {"email": self.ana.email, "password": "a long sentence is best"},
            "/v1/issuances": {
                "to_user": str(self.ana.user.id),
                "amount": "1.00",
                "asset": "LXC",
                "reason": "x",
            },
            "/v1/transfers": {
                "from_account": NOBODY,
                "to_user": str(self.ana.user.id),
                "amount": "1.00",
                "asset": "LXC",
            },
            "/v1/items": {"title": "Chair", "price": "1.00", "asset": "LXC"},
            "/v1/items/import": {"items": [{"external_ref": "1", "title": "x", "price": "1.00"}]},
            "/v1/trades": {"item_id": str(self.item_id), "amount": "1.00", "asset": "LXC"},
            "counter": {"amount": "2.00"},
            "dispute": {"reason": "x"},
            "resolve": {"ruling": "refund"},
        }
        return bodies.get(route, {})

    def path(self, route: str) -> str:
        """Where the route is: a verb stands for a step of a trade."""
        if route.startswith("/"):
            return route
        early = route in {"counter", "accept", "decline"}
        return f"/v1/trades/{self.offered if early else self.funded}/{route}"

    async def post(self, route: str, content: bytes) -> httpx2.Response:
        """Send a body as it is."""
        operators = route in {"/v1/issuances", "resolve"}
        # An offer and its answers come from different sides.
        token = (
            self.ana.client.token
            if route in {"counter", "accept", "decline"}
            else self.ben.client.token
        )
        headers = {
            "Authorization": f"Bearer {self.operator_token if operators else token}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid4().hex,
        }
        async with httpx2.AsyncClient(base_url=self.system.gateway, timeout=30) as client:
            return await client.post(self.path(route), content=content, headers=headers)

    async def get(self, target: str) -> httpx2.Response:
        """Ask for a path and query as they are written."""
        async with httpx2.AsyncClient(base_url=self.system.gateway) as client:
            headers = {"Authorization": f"Bearer {self.ben.client.token}"}
            request = client.build_request("GET", "/", headers=headers)
            request.url = request.url.copy_with(raw_path=target.encode())
            return await client.send(request)

    async def state(self) -> Any:
        """What must not change by a refused request."""
        return (
            [account.balance for account in await self.ben.client.accounts()],
            [account.version for account in await self.ana.client.accounts()],
            await self.ana.client.ask("GET", f"/v1/items/{self.item_id}"),
            await self.ben.client.ask("GET", "/v1/trades"),
            await self.ana.client.ask("GET", "/v1/items"),
            await self.ben.client.ask("GET", "/v1/items"),
        )


@pytest.fixture(scope="module")
async def scene(system: System) -> AsyncIterator[Scene]:
    """The people and things that bad input must not harm."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="50.00") as ben,
        operator(system) as issuer,
    ):
        funded = await funded_trade(ana, ben)
        item = await ana.client.create_item("Table", price="9.00")
        offered = await ben.client.offer(item.id, "5.00")
        token = issuer.token or ""
        yield Scene(system, ana, ben, token, item.id, offered.id, funded.id)


ROUTES = [
    "/v1/users",
    "/v1/sessions",
    "/v1/issuances",
    "/v1/transfers",
    "/v1/items",
    "/v1/items/import",
    "/v1/trades",
    "counter",
    "accept",
    "decline",
    "cancel",
    "hand-over",
    "confirm",
    "dispute",
    "resolve",
]
#: Steps that say all in their path: null is no body, which is fine.
BODY_IS_OPTIONAL = {"accept", "decline", "cancel", "hand-over", "confirm"}
BODIES = {
    "not JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "text": b'"x"',
    "a number": b"7",
    "NaN": b"NaN",
    "broken UTF-8": b'{"title": "\xff\xfe"}',
    "a raw NUL": b'{"a\x00": 1}',
    "half a character": b'{"\\ud800": 1}',
    "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep lists": b"[" * 100_000,
    "a huge number": b'{"a": 1' + b"0" * 5000 + b"}",
    "10 MB": b'{"a": "' + b"x" * (10 * MEGABYTE) + b'"}',
}
BAD_AMOUNTS: tuple[Any, ...] = (
    "-1.00",
    "0",
    "0.00",
    "1.001",
    "1e2",
    "NaN",
    "Infinity",
    "1,00",
    " ",
    "",
    "9" * 50,
    "\u0661.00",
    "1.00\u0000",
    1,
    1.5,
    True,
    None,
    [],
    {},
)
BAD_TEXTS: tuple[Any, ...] = ("", " ", "a\u0000b", "x" * 20_000, 7, True, [], {})
BAD_IDS: tuple[Any, ...] = ("", "x", "0" * 36, 7, None, [], {}, "' OR 1=1 --")
FIELDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "/v1/users": {
        "email": ("nobody", "", 7, None, "a\u0000@b.cd", "x" * 300 + "@b.cd"),
        "password": ("short", "x" * 300, 7, None, []),
        "display_name": BAD_TEXTS,
        "community": ("A B", "", 7, "x" * 99),
    },
    "/v1/sessions": {"email": ("nobody", 7), "password": ("", 7, None, "x" * 300)},
    "/v1/issuances": {
        "amount": BAD_AMOUNTS,
        "asset": ("XXX", "", 7, None, "lxc"),
        "reason": BAD_TEXTS,
        "to_user": ("x", 7, []),
    },
    "/v1/transfers": {
        "amount": BAD_AMOUNTS,
        "asset": ("XXX", "", 7, None),
        "from_account": BAD_IDS,
        "to_user": ("x", 7, []),
        "memo": ("a\u0000b", "x" * 20_000, 7, []),
    },
    "/v1/items": {
        "title": BAD_TEXTS,
        # None is for gifts, so it is no bad price by itself.
        "price": tuple(amount for amount in BAD_AMOUNTS if amount is not None),
        "description": ("a\u0000b", "x" * 20_000, 7, []),
        "kind": ("x", 7, None, []),
        "pricing": ("x", 7, None),
        "quantity": (0, -1, 1.5, "two", 10**30, None, True),
        "condition": ("x", 7, []),
        "latitude": ("north", "91", "NaN", []),
        "status": ("sold", "x", 7, None),
    },
    "/v1/items/import": {"items": ([], {}, None, "x", [{}] * 501)},
    "/v1/trades": {
        "item_id": BAD_IDS,
        "amount": BAD_AMOUNTS,
        "asset": ("XXX", "", 7, None),
        "quantity": (0, -1, 1.5, "two", 10**30, True),
        "message": ("a\u0000b", "x" * 20_000, 7, []),
        "gift_amount": ("-1.00", "1.001", "1e2", "9" * 50, "", 1, [], {}),
        "gives": ("x", 7, {}, [7], [{}], [{"item_id": "x"}], [{"item_id": "x"}] * 11),
    },
    "counter": {"amount": BAD_AMOUNTS},
    "dispute": {"reason": BAD_TEXTS},
    "resolve": {"ruling": ("x", "", 7, None, [])},
}


@pytest.mark.parametrize("route", ROUTES)
async def test_bodies_that_are_none_are_refused(scene: Scene, route: str) -> None:
    """Whatever is no JSON object of ours, of any size, is a 4xx problem and changes nothing."""
    before = await scene.state()
    for name, content in BODIES.items():
        if name == "null" and route in BODY_IS_OPTIONAL:
            continue
        answer = await scene.post(route, content)
        assert 400 <= answer.status_code < 500, (name, answer.text[:200])
        assert answer.headers["content-type"] == "application/problem+json", name
        assert answer.json()["type"].startswith("urn:localex:problem:"), name
    assert await scene.state() == before


@pytest.mark.parametrize("route", ROUTES)
async def test_unknown_fields_are_refused(scene: Scene, route: str) -> None:
    """A misspelt or smuggled field is named, not ignored."""
    before = await scene.state()
    for name in ("amuont", "owner_id", "__proto__"):
        answer = await scene.post(route, json.dumps({**scene.good(route), name: "1"}).encode())
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [name]
    assert await scene.state() == before


@pytest.mark.parametrize(
    ("route", "field"), [(route, field) for route, fields in FIELDS.items() for field in fields]
)
async def test_bad_fields_are_named(scene: Scene, route: str, field: str) -> None:
    """Each bad value is a 4xx problem that names its field, and changes nothing."""
    before = await scene.state()
    for value in FIELDS[route][field]:
        answer = await scene.post(route, json.dumps({**scene.good(route), field: value}).encode())
        assert answer.status_code in {404, 413, 422}, (value, answer.text[:300])
        problem = answer.json()
        if answer.status_code == 422:
            named = {error["field"].split(".")[0] for error in problem["errors"]}
            assert named == {field}, (value, problem)
    assert await scene.state() == before


@pytest.mark.parametrize(
    "path",
    [
        "/v1/accounts/{}",
        "/v1/accounts/{}/entries",
        "/v1/transfers/{}",
        "/v1/items/{}",
        "/v1/trades/{}",
    ],
)
async def test_unknown_ids_are_missing_and_broken_ones_malformed(scene: Scene, path: str) -> None:
    """An id of nothing is a 404, what is no id a 422."""
    for text, status in ((NOBODY, 404), ("x", 422), ("0" * 40, 422), ("%00", 400), ("%2e%2e", 400)):
        answer = await scene.get(path.format(text))
        assert answer.status_code == status, (text, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "/v1/search?limit=0",
        "/v1/search?limit=1000000",
        "/v1/search?limit=x",
        "/v1/search?sort=x",
        "/v1/search?price_min=NaN",
        "/v1/search?price_min=-1",
        "/v1/search?cursor=x",
        "/v1/trades?limit=0",
        "/v1/trades?limit=1000000",
        "/v1/trades?state=x",
        "/v1/trades?cursor=x",
        "/v1/accounts?limit=0",
        "/v1/accounts?limit=99999",
        "/v1/accounts?asset=%00",
        "/v1/items?limit=-5",
    ],
)
async def test_bad_queries_are_named(scene: Scene, query: str) -> None:
    """A bad parameter is a 422 that names it."""
    answer = await scene.get(query)
    assert answer.status_code == 422, answer.text
    named = [error["field"] for error in answer.json()["errors"]]
    assert named == [query.partition("?")[2].partition("=")[0]]


@pytest.mark.parametrize(
    "q", ["%00", "%22%27%5C", "((((", "AND OR NOT", "*" * 200, "%7B%22match_all%22%3A%7B%7D%7D"]
)
async def test_odd_searches_find_nothing_bad(scene: Scene, q: str) -> None:
    """Text in no form of a query language is just text."""
    answer = await scene.get(f"/v1/search?q={q}")
    assert answer.status_code in {200, 422}, answer.text


async def test_keys_are_needed_and_bounded(scene: Scene) -> None:
    """A POST that changes something says its key, of 1 to 128 printable characters."""
    before = await scene.state()
    async with httpx2.AsyncClient(base_url=scene.system.gateway) as client:
        for route in ROUTES:
            if route == "/v1/sessions":
                continue
            operators = route in {"/v1/issuances", "resolve"}
            token = scene.operator_token if operators else scene.ben.client.token
            for key in (None, "", "x" * 129, "a\tb"):
                headers = {"Authorization": f"Bearer {token}"}
                if key is not None:
                    headers["Idempotency-Key"] = key
                answer = await client.post(
                    scene.path(route), json=scene.good(route), headers=headers
                )
                assert answer.status_code == 422, (route, key, answer.text)
                assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert await scene.state() == before
