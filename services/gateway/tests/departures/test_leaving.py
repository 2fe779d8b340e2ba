"""Who leaves owes nothing and is owed nothing."""

from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from services.gateway.tests.conftest import settled

ACCOUNT = {"id": "a", "type": "MAIN", "asset": "LXC", "balance": "0.00", "held": "0.00"}


async def leave(gateway: Any, token: str) -> tuple[int, Any]:
    """Try to leave."""
    answer, problem = await gateway.send("DELETE", "/v1/me", token=token)
    return answer.status, problem


async def stays(gateway: Any, token: str) -> None:
    """They are who they were."""
    answer, me = await gateway.send("GET", "/v1/me", token=token)
    assert (answer.status, me["display_name"]) == (200, "Ana")


@pytest.mark.parametrize("left", [{"balance": "0.01"}, {"balance": "-0.01"}, {"held": "1.00"}])
async def test_nobody_leaves_with_money(gateway: Any, left: dict[str, str]) -> None:
    """On the second page of accounts, too; the problem says where, and how much."""
    _, token = await gateway.person()
    theirs = ACCOUNT | {"id": "b"} | left

    async def services(request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/trades":
            return web.json_response({"trades": [], "next_cursor": None})
        page = [theirs] if "cursor" in request.query else [ACCOUNT]
        following = None if "cursor" in request.query else "more"
        return web.json_response({"accounts": page, "next_cursor": following})

    gateway.upstream.answer = services
    status, problem = await leave(gateway, token)
    assert (status, problem["type"]) == (409, "urn:localex:problem:money-is-left")
    assert problem["accounts"] == [theirs]
    await stays(gateway, token)


@pytest.mark.parametrize("state", ["offered", "funded", "disputed", "refunding"])
async def test_nobody_leaves_a_trade(gateway: Any, state: str) -> None:
    """Whichever side they are of; the problem names the trades."""
    _, token = await gateway.person()
    trade = {"id": str(uuid4()), "state": state}

    async def services(request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/trades":
            page = [trade] if request.query["state"] == state else []
            return web.json_response({"trades": page, "next_cursor": None})
        return await settled(request)

    gateway.upstream.answer = services
    status, problem = await leave(gateway, token)
    assert (status, problem["type"]) == (409, "urn:localex:problem:trades-are-open")
    assert problem["trades"] == [{"trade_id": trade["id"], "state": state}]
    await stays(gateway, token)


@pytest.mark.parametrize("away", ["/v1/trades", "/v1/accounts"])
async def test_while_a_service_is_away_nobody_leaves(gateway: Any, away: str) -> None:
    """What cannot be asked is not taken for nothing."""
    _, token = await gateway.person()

    async def services(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500) if request.path == away else await settled(request)

    gateway.upstream.answer = services
    assert (await leave(gateway, token))[0] == 503
    await stays(gateway, token)
