"""Every route has a method, and every method asks and reads as the document says.

The gateway is played from the OpenAPI document: a path, a parameter or a field that it does not
know is a fault, and each answer is the document's own example, which the method's model must read.
"""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from libs.client.tests.playing import Document, ways
from localex_client import LocalEx
from localex_client.wire import Wire
from tests.schemas.test_aggregate import whole

#: Routes that are none for programs, and why.
NO_METHOD = {
    "PUT /v1/sessions/current/cookie": "for pages in a browser",
    "DELETE /v1/sessions/current/cookie": "for pages in a browser",
    "GET /v1/openapi.json": "the document itself",
    "GET /v1/asyncapi.json": "the document of messages",
    "GET /v1/docs": "a page",
    "GET /v1/docs/messages": "a page",
    "GET /v1/notifications/unsubscribe": "the page behind the link in a mail",
    "POST /v1/notifications/unsubscribe": "for programs that read mail, with the link's token",
    "POST /v1/webhooks-in/{source}": "for providers, who sign what they send",
}
#: Methods that ask through others, or do not end by themselves.
NOT_CALLED = {
    "events": "GET /v1/events: a stream, which the journeys listen to",
    "foresee_bulk": "a dry run has the status of a bulk, whose example is the document's",
    "settled_image": "looks by `get_image` until it is settled",
}
#: Arguments that no type tells.
GIVEN: dict[str, dict[str, Any]] = {
    "picture": {"url": "/v1/images/aa/large.webp"},
    "set_up_reconciliation": {"setup": {"reason": "a test"}},
}
#: Done, foreseen, and kept for later.
SUCCESSES_MAX = 3
METHODS = sorted(
    name
    for name in dir(LocalEx)
    if not name.startswith("_") and not hasattr(Wire, name) and callable(getattr(LocalEx, name))
)


async def call(name: str, document: Document) -> None:
    """Call a method in each way that it takes, with an answer that is for it.

    A route that does or foresees, now or later, has an answer for each.
    """
    method: Callable[..., Any] = getattr(LocalEx, name)
    for arguments in ways(method, GIVEN.get(name, {})):
        for document.pick in range(SUCCESSES_MAX):
            transport = httpx2.MockTransport(document)
            async with LocalEx("http://gateway", "lxs_token", transport=transport) as client:
                try:
                    await method(client, **arguments)
                except ValidationError:
                    if document.pick == SUCCESSES_MAX - 1:
                        raise
                else:
                    break


@pytest.mark.parametrize("name", [name for name in METHODS if name not in NOT_CALLED])
async def test_a_method_asks_and_reads_as_the_document_says(name: str) -> None:
    """With what it needs alone, and with all that it takes."""
    document = Document(whole())
    await call(name, document)
    assert document.asked
    assert document.faults == []


async def test_every_route_has_a_method() -> None:
    """Or it is said here why not: what is new fails until one of the two is done."""
    document = Document(whole())
    for name in METHODS:
        if name not in NOT_CALLED:
            await call(name, document)
    has_method = document.asked | {"GET /v1/events"}
    assert not has_method & set(NO_METHOD)
    assert document.routes() == has_method | set(NO_METHOD)


def test_no_two_groups_of_methods_use_one_name() -> None:
    """The later one would hide the other."""
    names = [name for group in LocalEx.__bases__ for name in vars(group) if name[:2] != "__"]
    assert len(names) == len(set(names))
    assert set(NOT_CALLED) <= set(METHODS)
