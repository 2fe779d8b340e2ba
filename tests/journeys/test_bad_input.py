"""Bad bodies to every route that takes one: a 4xx problem that names the field, nothing changed."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.journeys.bad_values import BODIES, BODY_IS_OPTIONAL, CHANGE, FIELDS, ROUTES
from tests.journeys.people import Actor, funded_trade, operator, somebody
from tests.stack.plugin import System

NOBODY = str(uuid4())


@dataclass
class Scene:
    """Two people, a trade in each state that takes steps, and what must stay as it is."""

    system: System
    ana: Actor
    ben: Actor
    operator_token: str
    #: Ben's account, which could pay: what is let through moves his money.
    purse: UUID
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
                "from_account": str(self.purse),
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
            CHANGE: {"title": "Another table"},
        }
        return bodies.get(route, {})

    def path(self, route: str) -> str:
        """Where the route is: a verb stands for a step of a trade."""
        if route == CHANGE:
            return f"/v1/items/{self.item_id}"
        if route.startswith("/"):
            return route
        early = route in {"counter", "accept", "decline"}
        return f"/v1/trades/{self.offered if early else self.funded}/{route}"

    async def send(self, route: str, content: bytes) -> httpx2.Response:
        """Send a body as it is."""
        operators = route in {"/v1/issuances", "resolve"}
        # An offer and its answers come from different sides.
        token = (
            self.ana.client.token
            if route in {"counter", "accept", "decline", CHANGE}
            else self.ben.client.token
        )
        headers = {
            "Authorization": f"Bearer {self.operator_token if operators else token}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid4().hex,
        }
        if route == CHANGE:
            # Whatever version is there: nothing but the body is in the way of a change.
            headers["If-Match"] = "*"
        method = "PATCH" if route == CHANGE else "POST"
        async with httpx2.AsyncClient(base_url=self.system.gateway, timeout=30) as client:
            return await client.request(method, self.path(route), content=content, headers=headers)

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
        purse = (await ben.account()).id
        yield Scene(system, ana, ben, token, purse, item.id, offered.id, funded.id)


@pytest.mark.parametrize("route", ROUTES)
async def test_bodies_that_are_none_are_refused(scene: Scene, route: str) -> None:
    """Whatever is no JSON object of ours, of any size, is a 4xx problem and changes nothing."""
    before = await scene.state()
    for name, (content, field) in BODIES.items():
        if name == "null" and route in BODY_IS_OPTIONAL:
            continue
        answer = await scene.send(route, content)
        assert answer.headers["content-type"] == "application/problem+json", name
        problem = answer.json()
        assert problem["type"].startswith("urn:localex:problem:"), name
        assert answer.status_code == (413 if field is None else 422), (name, problem)
        if field is not None:
            assert field in {error["field"] for error in problem["errors"]}, (name, problem)
    assert await scene.state() == before


@pytest.mark.parametrize("route", ROUTES)
async def test_unknown_fields_are_refused(scene: Scene, route: str) -> None:
    """A misspelt or smuggled field is named, not ignored."""
    before = await scene.state()
    for name in ("amuont", "owner_id", "__proto__"):
        answer = await scene.send(route, json.dumps({**scene.good(route), name: "1"}).encode())
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
        answer = await scene.send(route, json.dumps({**scene.good(route), field: value}).encode())
        assert answer.status_code == 422, (value, answer.text[:300])
        problem = answer.json()
        named = {error["field"].split(".")[0] for error in problem["errors"]}
        assert named == {field}, (value, problem)
    assert await scene.state() == before


@pytest.mark.parametrize("content", [b'"\xff"', b'"a\xc3"', b"NaN", b"-Infinity"])
@pytest.mark.parametrize("route", FIELDS)
async def test_what_json_has_not_is_named_by_its_field(
    scene: Scene, route: str, content: bytes
) -> None:
    """Broken UTF-8 and numbers that are none, in each field of a body that is good else."""
    before = await scene.state()
    for field in FIELDS[route]:
        good = json.dumps({**scene.good(route), field: "HERE"}).encode()
        answer = await scene.send(route, good.replace(b'"HERE"', content))
        assert answer.status_code == 422, (field, answer.text[:300])
        named = {error["field"].split(".")[0] for error in answer.json()["errors"]}
        assert named == {field}, answer.text
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
            if route in {"/v1/sessions", CHANGE}:
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
