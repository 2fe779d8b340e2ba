"""Every write can be repeated: a POST asks for an Idempotency-Key, or its document says why not."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from tests.roles.routes import SERVICES, routes_of

REASON = re.compile(r"This POST takes no Idempotency-Key: .{12,}")
POSTS = {
    f"{service.name} {route.path}": route
    for service in SERVICES
    for router in service.routers
    for route in routes_of(router)
    if "POST" in (route.methods or ())
}


def headers_of(dependant: Any) -> Iterator[str]:
    """Headers that a route reads, as clients name them."""
    for field in dependant.header_params:
        yield field.alias
    for needed in dependant.dependencies:
        yield from headers_of(needed)


def said_of(route: APIRoute) -> str:
    """What the document says of a route, in one line."""
    return " ".join((inspect.getdoc(route.endpoint) or "").split())


@pytest.mark.parametrize("route", POSTS.values(), ids=POSTS)
def test_a_post_takes_a_key_or_says_why_not(route: APIRoute) -> None:
    """One of the two, and not both: a reason that outlives its route would be a lie."""
    assert ("Idempotency-Key" in headers_of(route.dependant)) != bool(REASON.search(said_of(route)))


def test_most_posts_take_a_key() -> None:
    """The gate looks at all of them: those without are few, and the ledger's moves are not."""
    taking = [one for one in POSTS.values() if "Idempotency-Key" in headers_of(one.dependant)]
    assert len(POSTS) > 100
    assert len(taking) > 3 * (len(POSTS) - len(taking))
