"""With Postgres away every route that writes says so: none breaks, none hangs, none pretends."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx2
import pytest

from localex_client import LocalEx, Patience
from localex_client.wire import new_key
from tests.degraded.test_parts_away import says_not_now
from tests.journeys.away import SLOW_SECONDS, impatient, without
from tests.journeys.people import eventually, operator, somebody
from tests.journeys.test_pictures_of_a_bicycle import photo
from tests.roles.routes import Guarded, guarded
from tests.schemas.test_examples import JSON, SERVICES, documented
from tests.stack.plugin import System

pytestmark = pytest.mark.slow

#: Fewer than are let in at a time, and few enough that none waits behind the others.
AT_ONCE: Final = 8
ONCE: Final = Patience(tries_max=1)
#: Answered without a look into the database: a link that nobody signed, and what a browser keeps.
NO_DATABASE: Final = {
    "POST /v1/notifications/unsubscribe": 404,
    "DELETE /v1/sessions/current/cookie": 204,
    "PUT /v1/sessions/current/cookie": 204,
}
#: Where a program shows its key in the place of a session.
BY_KEY: Final = "/v1/sessions/program"
#: Where a name is wanted and no list says which.
NAMES: Final = {"slug": "riverside", "field": "phone", "source": "simulator", "move": "pause"}
#: Bodies that are no JSON, and how they are told.
FILES: Final = {"image/jpeg": photo(), "application/octet-stream": b"date,amount\n"}
#: Parameters that are no path and have to be there.
NEEDED: Final = {"If-Match": '"1"', "format": "csv", "file_name": "march.csv", "token": "x" * 43}


@dataclass(frozen=True, slots=True)
class Write:
    """A write as its example has it.

    Attributes:
        route: As the table of routes names it.
        path: With something in the place of every name.
        options: Body, query and headers.
    """

    route: Guarded
    path: str
    options: dict[str, Any]


def writes() -> Iterator[Write]:
    """Every route of every service that is no read, with a body by its example."""
    documents = {
        label: operation for service in SERVICES for label, operation, _, _ in documented(service)
    }
    for route in guarded():
        if route.method != "GET":
            yield write_of(route, documents.get(f"{route.method} {route.path}", {}))


def write_of(route: Guarded, operation: dict[str, Any]) -> Write:
    """A call of one route, by what its document says."""
    given = {(one["in"], one["name"]): one for one in operation.get("parameters", ())}

    def fill(found: re.Match[str]) -> str:
        form = given.get(("path", found[1]), {}).get("schema", {})
        return str(form.get("enum", [NAMES.get(found[1], uuid4())])[0])

    needed: dict[str, dict[str, str]] = {"header": {}, "query": {}}
    for (place, name), one in given.items():
        if place in needed and one.get("required") and name in NEEDED:
            needed[place][name] = NEEDED[name]
    options: dict[str, Any] = {"query": needed["query"], "headers": needed["header"]}
    content = operation.get("requestBody", {}).get("content", {})
    if JSON in content:
        options["json"] = content[JSON]["example"]
    for kind in FILES.keys() & content.keys():
        options["json"] = FILES[kind]
        options["headers"]["Content-Type"] = kind
    return Write(route, re.sub(r"\{(\w+)\}", fill, route.path), options)


async def told(client: LocalEx, write: Write, turns: asyncio.Semaphore) -> httpx2.Response:
    """The first answer to a write; none is asked for again."""
    async with turns:
        return await client.send(write.route.method, write.path, key=new_key(), **write.options)


async def searches(client: LocalEx) -> int:
    """The status of what needs a session and no database."""
    return (await client.send("GET", "/v1/search")).status_code


async def test_with_postgres_away_every_write_says_not_now(system: System) -> None:
    """Each route of the table with a body by its example: 503, when to come back, and a problem.

    Who asks has a session that is remembered for a while, so that it is the route that says so.
    What was refused has not ended it either, and nothing was made.
    """
    turns = asyncio.Semaphore(AT_ONCE)
    async with (
        somebody(system, "Ana") as ana,
        operator(system) as office,
        impatient(system, ana) as member,
        LocalEx(system.gateway, office.token, patience=ONCE) as power,
        LocalEx(system.gateway, patience=ONCE) as program,
    ):
        power.reason = office.reason
        program.token = (await ana.client.make_api_key("shop", ["items:write"])).key
        # The gateway's own come last: what it remembers of who asks is good for seconds.
        asked = sorted(writes(), key=lambda one: one.route.service == "gateway")
        assert [await searches(member), await searches(power)] == [200, 200]
        found = await ana.client.search()
        for one in asked:
            if one.route.path == "/v1/search/clicks":
                # A click names a search that was answered to whoever clicks.
                one.options["json"] |= {
                    "query_id": str(found.query_id),
                    "click_token": found.click_token,
                }
        with without(system, "postgres"):
            who = [
                program
                if one.route.path == BY_KEY
                else member
                if "MEMBER" in one.route.roles
                else power
                for one in asked
            ]
            answers = await asyncio.gather(
                *(told(client, one, turns) for client, one in zip(who, asked, strict=True))
            )
            assert await searches(member) != 401
        for one, answer in zip(asked, answers, strict=True):
            label = f"{one.route.method} {one.route.path}"
            if label in NO_DATABASE:
                # On a slow machine a session may be remembered no longer.
                assert answer.status_code in {NO_DATABASE[label], 503}, (label, answer.text)
            else:
                assert answer.status_code == 503, (label, answer.status_code, answer.text)
                assert says_not_now(answer), label

        async def reads() -> int:
            return (await member.send("GET", "/v1/accounts")).status_code

        await eventually(reads, lambda status: status == 200, within_seconds=SLOW_SECONDS)
        assert (await ana.client.trades()).trades == []
        assert (await ana.client.ask("GET", "/v1/items", query={"mine": True}))["items"] == []
