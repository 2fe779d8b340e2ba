"""What the gateway opens besides the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from chassis.resources import Resources
from chassis.tokens import read_signing_key
from gateway.docs.collect import Documents
from gateway.live.hub import Hub
from gateway.proxy.upstreams import Upstreams
from gateway.proxy.watch import watch_replicas
from gateway.rate_limits.buckets import Buckets
from gateway.rate_limits.charge import Charges
from gateway.sessions.cache import SessionCache
from gateway.settings import GatewaySettings
from gateway.users.bootstrap import bootstrap_operator
from gateway.users.passwords import Passwords
from gateway.valkey import Valkey
from gateway.webhooks.guard import open_guarded_client


def open_client() -> ClientSession:
    """The pooled HTTP client: it keeps nothing between requests but connections."""
    client = ClientSession(
        connector=TCPConnector(limit=1024, limit_per_host=256, keepalive_timeout=30),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )
    # The library would repeat DELETE and PUT too, and GET once more than we do.
    client._retry_connection = False  # noqa: SLF001 - there is no public switch; a test holds it
    return client


@asynccontextmanager
async def open_resources(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    """Open them; the first operator is registered on the way."""
    settings: GatewaySettings = resources.settings
    valkey = settings.valkey_url.get_secret_value() if settings.valkey_url else None
    cache = SessionCache(valkey)
    shared = Valkey(valkey)
    passwords = Passwords()
    resources.extra["passwords"] = passwords
    if (await resources.health.checks()).get("migrations") == "ok":
        await bootstrap_operator(resources)
    hub = Hub(shared)
    watching = [asyncio.create_task(hub.watch(resources)), asyncio.create_task(hub.listen())]
    async with (
        open_client() as client,
        open_guarded_client(private=settings.webhook_private) as guarded,
    ):
        upstreams = Upstreams(settings.upstreams())
        watching.append(asyncio.create_task(watch_replicas(client, upstreams)))
        try:
            yield {
                "passwords": passwords,
                "session_cache": cache,
                "signing_key": read_signing_key(settings.signing_key_file),
                "client": client,
                "upstreams": upstreams,
                "documents": Documents(client, upstreams),
                "hub": hub,
                "guarded_client": guarded,
                "charges": Charges(settings, Buckets(shared)),
            }
        finally:
            for task in watching:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            passwords.close()
            await cache.close()
            await shared.close()
