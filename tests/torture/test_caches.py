"""The oracle of caches is tested: what one keeps although it is over is named."""

import hashlib
import time
from dataclasses import replace
from typing import Final
from uuid import uuid4

import asyncpg
import pytest
from redis.asyncio import Redis

from embedded.torture.client import Clients, Person
from embedded.torture.oracles.caches import SESSION_SECONDS, caches_agree
from embedded.torture.world import settle_in
from tests.stack.plugin import System

pytestmark = [pytest.mark.slow, pytest.mark.stack]

END_SESSION: Final = "UPDATE gateway.session SET revoked_at = now() WHERE token_hash = $1"


async def list_lamp(clients: Clients, seller: Person) -> str:
    """Where an item is that was just listed, with a word of its own."""
    listing = {"title": f"lamp{uuid4().hex}", "price": "2.00", "asset": "LXC"}
    listed = await clients.write("list", seller, "/v1/items", listing)
    assert listed.outcome == "acknowledged", listed.answer
    return f"/v1/items/{listed.answer['id']}"


async def end_untold(system: System, clients: Clients, token: str) -> None:
    """End a session where the truth is; Valkey keeps it, as nobody tells it, and for ever."""
    status, _, _ = await clients.ask("GET", "/v1/me", token)
    assert status == 200
    hashed = hashlib.sha256(token.encode()).digest()
    async with Redis.from_url(system.settings["GATEWAY_VALKEY_URL"]) as valkey:
        assert await valkey.persist(f"gateway:session:{hashed.hex()}")
    conn = await asyncpg.connect(system.backend.admin_url)
    try:
        assert await conn.execute(END_SESSION, hashed) == "UPDATE 1"
    finally:
        await conn.close()
    clients.history.ended[token] = time.monotonic() - SESSION_SECONDS


async def test_what_a_cache_keeps_too_long_is_named(system: System) -> None:
    """An ended session that is known, one that is not although it stands, a withdrawn item."""
    url = system.settings["GATEWAY_DATABASE_URL"]
    async with Clients(system.gateway) as clients:
        world = await settle_in(url, system.backend.admin_url, clients, 2, 0.0)
        seller, spare = world.people[0], world.spare
        await clients.log_out(spare.pop())
        gone, offered = await list_lamp(clients, seller), await list_lamp(clients, seller)
        withdrawn = await clients.write(
            "withdrawal", seller, gone, {"status": "withdrawn"}, method="PATCH"
        )
        assert withdrawn.outcome == "acknowledged", withdrawn.answer
        assert await caches_agree(clients, world) == []

        kept = spare.pop()
        await end_untold(system, clients, kept)
        [found] = await caches_agree(clients, world)
        assert (found.oracle, found.detail) == ("O6", "was answered 200, and it is over")
        del clients.history.ended[kept]

        spare[:] = ["lxs_" + "x" * 43]
        [found] = await caches_agree(clients, world)
        assert found.detail == "was answered 401, and it stands"
        spare.clear()

        clients.history.operations.append(replace(withdrawn, path=offered))
        both = await caches_agree(clients, world)
        assert [one.detail for one in both] == ["was answered 200, and it is withdrawn"] * 2
