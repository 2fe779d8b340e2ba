"""Endpoints of webhooks that lead to where only we may call (SSRF), on a gateway as in production.

It runs in this process with the tests' upstream as its neighbour: the stack's own is a development
one, which may call its own network.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from aiohttp import web

from chassis.consumer import Consumer
from gateway.webhooks.consumers import WEBHOOKS
from gateway.webhooks.deliver import deliver_due
from gateway.webhooks.guard import open_guarded_client
from services.gateway.tests.conftest import Gateway, run_before_upstream
from services.gateway.tests.live.test_live import opened, records
from services.gateway.tests.webhooks.test_webhooks import add, deliveries
from tests.stack.database import ScratchDatabase

#: Ways to write 127.0.0.1, our network and the cloud's own address; `{}` is the neighbour's port.
ADDRESSES: Final = (
    "http://127.0.0.1:{}/hook",
    "http://127.1:{}/hook",
    "http://0.0.0.0:{}/hook",
    "http://0:{}/hook",
    "http://2130706433:{}/hook",
    "http://0x7f000001:{}/hook",
    "http://0x7f.0.0.1:{}/hook",
    "http://017700000001:{}/hook",
    "http://0177.0.0.1:{}/hook",
    "http://localhost:{}/hook",
    "http://LOCALHOST.:{}/hook",
    "http://[::1]:{}/hook",
    "http://[::]:{}/hook",
    "http://[::ffff:127.0.0.1]:{}/hook",
    "http://[::ffff:7f00:1]:{}/hook",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{}/hook",
    "http://[::127.0.0.1]:{}/hook",
    "http://[64:ff9b::7f00:1]:{}/hook",
    "http://[2002:7f00:1::]:{}/hook",
    "http://169.254.169.254/latest/meta-data",
    "http://[fd00:ec2::254]/latest/meta-data",
    "http://10.0.0.1/hook",
    "http://192.168.0.1/hook",
    "http://100.64.0.1/hook",
)
#: Ways that are refused when they are written down: no log-in, no port of another protocol.
REFUSED: Final = (
    "ftp://example.org/hook",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "http://user:pw@example.org/hook",
    "http://example.org:22/hook",
    "http://example.org\\@127.0.0.1/hook",
    "http://example.org/hook#@127.0.0.1",
    "http:///hook",
    "http://exa mple.org/hook",
    "http://[::1/hook",
)
PUBLIC: Final = "93.184.215.14"


@pytest.fixture(scope="module")
async def gateway(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """A gateway that may not call its own network."""
    folder = tmp_path_factory.mktemp("gateway")
    async with run_before_upstream(folder, scratch_database, "ledger") as running:
        yield running


async def told_to(gateway: Gateway, url: str) -> dict[str, Any]:
    """Have one event told to a URL; what the log says of it."""
    user_id, token = await gateway.person()
    endpoint = await add(gateway, token, url=url)
    gateway.upstream.seen.clear()
    await Consumer(WEBHOOKS, gateway.resources.database).handle(records([opened(UUID(user_id))]))
    await deliver_due(gateway.resources)
    [log] = await deliveries(gateway, token, endpoint)
    found: dict[str, Any] = log
    return found


@pytest.mark.parametrize("url", ADDRESSES)
async def test_ssrf_no_form_of_an_address_of_ours_is_taken(gateway: Gateway, url: str) -> None:
    """However it is written: nobody is called, and the log of the member says why."""
    log = await told_to(gateway, url.format(gateway.upstream.address.rpartition(":")[2]))
    assert gateway.upstream.seen == []
    assert (log["state"], log["answered"]) == ("pending", None)
    # A resolver may know no such form of a name at all.
    assert "may not be called" in log["error"] or log["error"] == "ClientConnectorDNSError"


@pytest.mark.parametrize("url", REFUSED)
async def test_ssrf_other_schemes_and_double_meanings_are_refused(
    gateway: Gateway, url: str
) -> None:
    """When they are written down, by the field."""
    _, token = await gateway.person()
    headers = {"Idempotency-Key": uuid4().hex}
    response, problem = await gateway.send(
        "POST", "/v1/webhooks/endpoints", token=token, json={"url": url}, headers=headers
    )
    assert response.status == 422
    assert problem["errors"][0]["field"] == "url"


async def test_ssrf_a_name_that_leads_to_both_is_not_called(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of the attacker's with a public address first and one of ours behind it."""
    port = int(gateway.upstream.address.rpartition(":")[2])

    async def resolve(*_args: Any, **_options: Any) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (PUBLIC, port)), (*kind, ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    log = await told_to(gateway, f"http://rebinding.example:{port}/hook")
    assert gateway.upstream.seen == []
    assert "may not be called" in log["error"]


async def test_ssrf_a_redirect_is_not_followed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it leads: it counts as no answer. The first call itself is allowed here."""

    async def away(request: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(str(request.url.with_path("/secret")))

    async with open_guarded_client(private=True) as client:
        settings = gateway.resources.settings.model_copy(update={"webhook_private": True})
        monkeypatch.setattr(gateway.resources, "settings", settings)
        monkeypatch.setitem(gateway.resources.extra, "guarded_client", client)
        monkeypatch.setattr(gateway.upstream, "answer", away)
        log = await told_to(gateway, gateway.upstream.address + "/hook")
    # Those of other tests may be due again by now: they are called at the same path.
    assert {one["target"] for one in gateway.upstream.seen} == {"/hook"}
    assert (log["state"], log["answered"]) == ("pending", 307)
