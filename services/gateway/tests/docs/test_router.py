"""The document, the page and the keys, over HTTP."""

import re
from typing import Any

import pytest
from aiohttp import web
from fastapi import APIRouter
from fastapi.routing import APIRoute

from contracts.messages import MESSAGES
from contracts.topics import TOPICS
from gateway import well_known
from gateway.edge import OWN
from gateway.main import service
from gateway.proxy.routes import BY_PREFIX


async def test_the_document_covers_what_is_there_and_names_what_is_away(gateway: Any) -> None:
    """Services that answer are in it; the others are named."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        paths = {"/v1/accounts": {"get": {"operationId": "list_accounts"}}}
        return web.json_response({"openapi": "3.1.0", "paths": paths})

    gateway.upstream.answer = answer
    response, document = await gateway.send("GET", "/v1/openapi.json")
    assert response.status == 200
    assert {"/v1/users", "/v1/sessions", "/v1/me", "/v1/events", "/v1/accounts"} <= set(
        document["paths"]
    )
    assert document["x-unavailable"] == ["search"]
    _, alias = await gateway.send("GET", "/openapi.json")
    assert alias == document


@pytest.mark.parametrize("path", ["/v1/docs", "/docs"])
async def test_the_page_needs_nobody_else(gateway: Any, path: str) -> None:
    """Everything the page loads comes from here, and its policy allows nothing else."""
    response, page = await gateway.send("GET", path)
    assert response.status == 200
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "://" not in page
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        asset, _ = await gateway.send("GET", address)
        assert asset.status == 200
        assert asset.content_type in {"text/css", "text/javascript"}
        assert asset.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_messages_have_a_page_of_their_own(gateway: Any) -> None:
    """Every topic and message, in a page that loads nothing, and as a document without files."""
    response, document = await gateway.send("GET", "/v1/asyncapi.json")
    assert response.status == 200
    messages = document["components"]["messages"]
    assert set(messages) == set(MESSAGES)
    assert messages["ledger.FundEscrow"]["payload"]["properties"]["payer_id"]
    response, page = await gateway.send("GET", "/v1/docs/messages")
    assert response.status == 200
    assert response.content_type == "text/html"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert not re.findall(r"<script|src=|://", page)
    assert all(topic.name in page for topic in TOPICS)
    assert all(name in page for name in MESSAGES)
    assert "entries[].balance_after_minor" in page


async def test_other_files_are_not_served(gateway: Any) -> None:
    """The page's files and nothing else."""
    for name in ("redoc.standalone.js", "__init__.py", "..", "x"):
        response, _ = await gateway.send("GET", f"/v1/docs/{name}")
        assert response.status in {400, 404}


async def test_the_public_keys_are_published(gateway: Any) -> None:
    """Public halves only."""
    response, keys = await gateway.send("GET", "/.well-known/jwks.json")
    assert response.status == 200
    assert [(key["kty"], key["crv"]) for key in keys["keys"]] == [("OKP", "Ed25519")]
    assert all("d" not in key for key in keys["keys"])


def routes_of(*routers: APIRouter) -> list[APIRoute]:
    """The routes of some slices."""
    return [route for one in routers for route in one.routes if isinstance(route, APIRoute)]


def silent(routes: list[APIRoute]) -> list[str]:
    """Routes that do not say who may call them."""
    return [
        route.path
        for route in routes
        if not any(hasattr(needed.call, "allowed_roles") for needed in route.dependant.dependencies)
    ]


def test_every_route_says_who_may_call_it() -> None:
    """Each of our routes names its roles, or that it needs none."""
    assert silent(routes_of(*service.routers, well_known.router)) == []


def test_a_silent_route_is_found() -> None:
    """The check can fail."""
    router = APIRouter()
    router.add_api_route("/x", lambda: None)
    assert silent(routes_of(router)) == ["/x"]


def test_the_gateways_own_routes_are_told_apart() -> None:
    """The edge knows each of them, and none is forwarded as well."""
    own = {route.path.split("/")[1] for route in routes_of(*service.routers)}
    assert own == OWN
    assert own.isdisjoint(BY_PREFIX)


async def test_no_client_says_how_long_the_gateway_works(gateway: Any) -> None:
    """A deadline in a client's header cuts nothing short, such as counting a wrong password."""
    response, _ = await gateway.send("GET", "/v1/openapi.json", headers={"X-Deadline-Ms": "0"})
    assert response.status == 200
