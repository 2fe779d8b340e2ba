"""A gateway over a real database, in this process, and a small service for it to forward to."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from aiohttp import ClientResponse, ClientSession, web
from opentelemetry.sdk.trace import TracerProvider

from chassis.clock import FixedClock
from chassis.impatience import impatient_protocol
from chassis.listening import QuietServer
from chassis.resources import Resources
from chassis.tokens import TokenVerifier, new_signing_key, public_jwks
from gateway.main import service
from gateway.settings import GatewaySettings
from gateway.vault.keyring import Keys
from tests.stack.database import ScratchDatabase

PASSWORD = "correct horse battery"
OPERATOR = ("operator@localex.test", "operator's own password")


@dataclass
class Upstream:
    """A service of the tests' own: says what it was asked, and misbehaves on request.

    Attributes:
        address: Where it listens.
        seen: What it was asked, newest last.
        answer: Called for each request once the body was read; nothing means an echo.
    """

    address: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[web.Request], Any] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        asked: dict[str, Any] = {
            "method": request.method,
            "target": request.raw_path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "bytes": 0,
        }
        self.seen.append(asked)
        async for part in request.content.iter_any():
            asked["bytes"] += len(part)
        if self.answer is not None:
            answer: web.StreamResponse = await self.answer(request)
            return answer
        return web.json_response(asked, headers={"X-Kept": "yes", "Keep-Alive": "timeout=9"})


async def settled(request: web.Request) -> web.StreamResponse:
    """Answers as services where somebody has an empty account and no trade."""
    empty = {"id": "a", "type": "MAIN", "asset": "LXC", "balance": "0.00", "held": "0.00"}
    page = {"accounts": [empty], "trades": [], "next_cursor": None}
    return web.json_response(page if request.method == "GET" else {})


@asynccontextmanager
async def serve_upstream(port: int = 0) -> AsyncIterator[Upstream]:
    """Run an upstream on a free port, or on a given one."""
    upstream = Upstream()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", upstream.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    upstream.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield upstream
    finally:
        await runner.cleanup()


@dataclass
class Gateway:
    """A running gateway and a client of it."""

    address: str
    resources: Resources
    client: ClientSession
    upstream: Upstream
    verifier: TokenVerifier

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rpartition(":")[2])

    async def send(self, method: str, path: str, **options: Any) -> tuple[ClientResponse, Any]:
        """Send a request; the answer and its JSON, or its text."""
        token = options.pop("token", None)
        headers = dict(options.pop("headers", None) or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with self.client.request(
            method, self.address + path, headers=headers, **options
        ) as response:
            text = await response.text()
        with contextlib.suppress(ValueError):
            return response, json.loads(text)
        return response, text

    async def register(self, email: str = "", **fields: Any) -> tuple[ClientResponse, Any]:
        """Register a person, with a fresh e-mail unless one is given."""
        key = fields.pop("key", uuid4().hex)
        body = {
            "email": email or f"{uuid4().hex}@example.org",
            "password": PASSWORD,
            "display_name": "Ana",
            **fields,
        }
        return await self.send("POST", "/v1/users", json=body, headers={"Idempotency-Key": key})

    async def log_in(self, email: str, password: str = PASSWORD) -> tuple[ClientResponse, Any]:
        """Log in."""
        return await self.send("POST", "/v1/sessions", json={"email": email, "password": password})

    async def person(self) -> tuple[str, str]:
        """A new person's id and session token."""
        email = f"{uuid4().hex}@example.org"
        _, user = await self.register(email)
        _, session = await self.log_in(email)
        return user["id"], session["token"]


def gateway_settings(folder: Path, database_url: str, **fields: Any) -> GatewaySettings:
    """Settings of a gateway of the tests' own, with new keys."""
    key = new_signing_key()
    signing, public = folder / "signing.json", folder / "jwks.json"
    signing.write_text(json.dumps(key.as_dict(private=True)))
    public.write_text(json.dumps(public_jwks([key])))
    vault = folder / "vault.json"
    vault.touch(mode=0o600)
    vault.write_text(Keys.new(datetime.now(UTC)).render())
    totp = folder / "totp.key"
    totp.write_text("a key of the tests' own")
    known: dict[str, Any] = {
        "database_url": database_url,
        "kafka_servers": "127.0.0.1:9",
        "http_port": 1,
        "internal_jwks_file": public,
        "signing_key_file": signing,
        "messages_file": folder / "messages.jsonl",
        "vault_keys_file": vault,
        "totp_key_files": str(totp),
        "pool_min": 1,
        "pool_max": 10,
        "bootstrap_operator_email": OPERATOR[0],
        "bootstrap_operator_password": OPERATOR[1],
    }
    return GatewaySettings(**{**known, **fields})


@asynccontextmanager
async def run_gateway(
    settings: GatewaySettings, upstream: Upstream, tracing: TracerProvider | None = None
) -> AsyncIterator[Gateway]:
    """Run a gateway in this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    async with service.open(settings) as resources, ClientSession() as client:
        config = uvicorn.Config(
            service.asgi(resources, tracing),
            http=impatient_protocol(
                settings.head_seconds, settings.read_seconds, settings.read_bytes_min
            ),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        server = QuietServer(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        resources.health.state = "ready"
        while not server.started:  # noqa: ASYNC110 - the server tells nobody when it is up
            await asyncio.sleep(0.01)
        verifier = TokenVerifier(settings.internal_jwks_file, "ledger")
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield Gateway(address, resources, client, upstream, verifier)
        finally:
            resources.draining.set()
            server.should_exit = True
            await serving


@asynccontextmanager
async def run_before_upstream(
    folder: Path, database: ScratchDatabase, *services: str, **settings: Any
) -> AsyncIterator[Gateway]:
    """A gateway before one upstream of the tests' own, which is each of these services."""
    async with serve_upstream() as upstream:
        addresses = {f"upstream_{name}": upstream.address for name in services}
        read = gateway_settings(folder, database.url("gateway"), **addresses, **settings)
        async with run_gateway(read, upstream) as running:
            yield running


@pytest.fixture(scope="module")
async def gateway(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """A running gateway before a ledger and a marketplace."""
    folder = tmp_path_factory.mktemp("gateway")
    async with run_before_upstream(folder, scratch_database, "ledger", "marketplace") as running:
        yield running


@pytest.fixture(scope="module")
async def token(gateway: Gateway) -> str:
    """The session token of somebody."""
    _, session_token = await gateway.person()
    return session_token


@pytest.fixture
async def clock(gateway: Gateway) -> AsyncIterator[FixedClock]:
    """The gateway's clock, in the test's hand."""
    kept = gateway.resources.clock
    gateway.resources.clock = held = FixedClock(kept.now())
    yield held
    gateway.resources.clock = kept


@pytest.fixture(autouse=True)
def forget_what_was_seen(request: pytest.FixtureRequest) -> None:
    """Each test begins with an upstream that echoes and has seen nothing."""
    if "gateway" in request.fixturenames:
        upstream = request.getfixturevalue("gateway").upstream
        upstream.seen.clear()
        upstream.answer = None
