"""A word where an id belongs is the route's that has the word."""

from itertools import permutations
from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, Header

from chassis.http import create_app
from chassis.words import read_words

GET, POST, PUT = frozenset({"GET"}), frozenset({"POST"}), frozenset({"PUT"})
ROUTES = {
    "/v1/items": POST,
    "/v1/items/import": POST,
    "/v1/items/{item_id}": GET,
    "/v1/items/{item_id}/images": PUT,
    "/v1/images/quotas/{owner_id}": PUT,
    "/v1/images/{image_hash}/{size}.webp": GET,
    "/v1/images/{image_hash}/report": POST,
    "/v1/images/quotas/report": GET,
}


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/items/import", POST),
        ("/v1/images/quotas/small.webp", PUT),
        ("/v1/images/quotas/report", GET),
        # No other route would take it: the router's business.
        ("/v1/items", None),
        ("/v1/items/7", None),
        ("/v1/items/import/", None),
        ("/v1/items/import/images", None),
        ("/v1/images/7/small.webp", None),
    ],
)
def test_a_path_belongs_to_the_route_with_the_most_words(
    path: str, methods: frozenset[str] | None
) -> None:
    """From the left; routes that nothing else is taken for are not its business."""
    assert read_words(ROUTES).methods(path) == methods


def test_the_order_of_routes_does_not_matter() -> None:
    """Whoever is declared first."""
    three = ("/v1/a/b/c", "/v1/a/{x}/c", "/v1/{x}/b/c")
    for order in permutations(zip(three, (GET, POST, PUT), strict=True)):
        words = read_words(dict(order))
        assert words.methods("/v1/a/b/c") == GET
        assert words.methods("/v1/a/7/c") == POST
        assert words.methods("/v1/7/b/c") is None


def test_routes_that_never_meet_are_nobodys_words() -> None:
    """Another length, another word, or parameters in the same places."""
    routes = {
        "/v1/a": GET,
        "/v1/b/{x}": GET,
        "/v1/a/b": GET,
        "/v1/{x}/{y}/c": GET,
        "/v1/b/{z}": PUT,
    }
    words = read_words({"/v1/c/d/e/f": GET, **routes})
    assert not words.whole
    assert not words.partly


router = APIRouter()


@router.get("/things/{thing_id}")
@router.patch("/things/{thing_id}")
async def one_thing(thing_id: int, if_match: Annotated[str, Header()]) -> str:
    """Needs a precondition."""
    return f"{thing_id} {if_match}"


@router.post("/things/import")
async def import_things() -> str:
    """A word."""
    return "imported"


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"])
async def test_a_method_that_the_words_do_not_have_is_405(method: str) -> None:
    """With `Allow`, and nothing is said of ids or preconditions of another route."""
    transport = httpx2.ASGITransport(app=create_app("probe", [router], body_max_bytes=1000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as client:
        refused = await client.request(method, "/v1/things/import")
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
        assert refused.headers["x-request-id"]
        if method != "HEAD":
            assert refused.json()["type"] == "urn:localex:problem:the-route-has-no-such-method"
        assert (await client.post("/v1/things/import")).json() == "imported"
        other = await client.get("/v1/things/7", headers={"If-Match": "x"})
        assert other.json() == "7 x"
