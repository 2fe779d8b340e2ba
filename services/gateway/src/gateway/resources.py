"""What the gateway opens besides the database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from chassis.database import Connection
from chassis.files import Files
from chassis.resources import Resources
from chassis.tls import open_context
from gateway.api_keys.find import find_key
from gateway.communities.open_home import open_home
from gateway.docs.collect import Documents
from gateway.live.hub import Hub
from gateway.notifications.compose import Composer
from gateway.notifications.tokens import Unsubscriber
from gateway.proxy.signing import Signer
from gateway.proxy.upstreams import Upstreams
from gateway.proxy.watch import watch_replicas
from gateway.rate_limits.buckets import Buckets
from gateway.rate_limits.charge import Charges
from gateway.sessions.cache import SessionCache
from gateway.sessions.guard import Guard
from gateway.settings import GatewaySettings
from gateway.two_factor.ask_more import ask_more
from gateway.two_factor.models import RelyingParty
from gateway.two_factor.sealing import Sealer, read_keys
from gateway.two_factor.show import show_state
from gateway.users.bootstrap import bootstrap_operator
from gateway.users.breached import Breached
from gateway.users.models import User
from gateway.users.passwords import Passwords
from gateway.valkey import Valkey
from gateway.vault.keyring import Keyring
from gateway.verification.postman import Carrier, Postman, Sink, Smtp
from gateway.webhooks.guard import open_guarded_client


async def _ask_more(
    party: RelyingParty, conn: Connection, user: User, now: datetime
) -> Exception | None:
    return await ask_more(conn, user, party=party, now=now)


async def _has_factor(conn: Connection, user_id: UUID) -> bool:
    return bool((await show_state(conn, user_id)).methods)


def open_client(ca_file: Path | None = None) -> ClientSession:
    """The pooled HTTP client of services: it keeps nothing between requests but connections."""
    client = ClientSession(
        connector=TCPConnector(
            limit=1024,
            limit_per_host=256,
            keepalive_timeout=30,
            ssl=open_context(ca_file, public=True) if ca_file else True,
        ),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )
    # The library would repeat DELETE and PUT too, and GET once more than we do.
    client._retry_connection = False  # noqa: SLF001 - there is no public switch; a test holds it
    return client


def _carriers(settings: GatewaySettings) -> dict[str, Carrier]:
    """Who takes messages to people: SMTP, and for what has no carrier the file, if there is one."""
    carriers: dict[str, Carrier] = {}
    if settings.messages_file is not None:
        carriers = dict.fromkeys(("email", "phone"), Sink(settings.messages_file))
    if settings.smtp_url is not None:
        carriers["email"] = Smtp(settings.smtp_url.get_secret_value(), settings.mail_from)
    return carriers


@asynccontextmanager
async def open_resources(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    """Open them; a first community and a first operator are there afterwards."""
    settings: GatewaySettings = resources.settings
    valkey = settings.valkey_url.get_secret_value() if settings.valkey_url else None
    cache = SessionCache(valkey, ca_file=settings.ca_file)
    shared = Valkey(valkey, settings.ca_file)
    passwords = Passwords()
    resources.extra["passwords"] = passwords
    # An unsafe file of keys stops the start, in development too.
    keyring = Keyring(settings.vault_keys_file) if settings.vault_keys_file else None
    if (await resources.health.checks()).get("migrations") == "ok":
        await open_home(resources)
        await bootstrap_operator(resources)
    signer = Signer(settings.signing_key_file, settings.internal_jwks_file)
    party = RelyingParty(settings.passkey_party, settings.origins())
    postman = Postman(_carriers(settings))
    keys = read_keys(settings.key_files(), signer.key())
    unsubscriber = Unsubscriber(keys)
    hub = Hub(shared)
    watching = [asyncio.create_task(hub.watch(resources)), asyncio.create_task(hub.listen())]
    async with (
        open_client(settings.ca_file) as client,
        open_guarded_client(private=settings.webhook_private) as guarded,
    ):
        upstreams = Upstreams(settings.upstreams())
        watching.append(asyncio.create_task(watch_replicas(client, upstreams)))
        try:
            yield {
                "passwords": passwords,
                "ask_more": partial(_ask_more, party),
                "sealer": Sealer(keys),
                "relying_party": party,
                "postman": postman,
                "unsubscriber": unsubscriber,
                "composer": Composer(settings.public_url, unsubscriber),
                "find_key": find_key,
                "guard": Guard(resources.database, _has_factor, needed=settings.factor_for_power()),
                "breached": Breached(client, settings.breached_passwords_url),
                "session_cache": cache,
                "signer": signer,
                "client": client,
                "upstreams": upstreams,
                "documents": Documents(client, upstreams),
                "hub": hub,
                "keyring": keyring,
                "guarded_client": guarded,
                "charges": Charges(settings, Buckets(shared)),
                "files": Files.open(settings),
            }
        finally:
            for task in watching:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await postman.close()
            passwords.close()
            await cache.close()
            await shared.close()
