"""Methods that no route has."""

from typing import Any

from gateway.proxy.forward import METHODS


async def test_a_method_that_nobody_knows_is_told_which_there_are(gateway: Any, token: str) -> None:
    """A 405 names the methods, and no service is asked."""
    response, problem = await gateway.send("PROPFIND", "/v1/accounts", token=token)
    assert (response.status, problem["type"]) == (405, "urn:localex:problem:method-unknown")
    assert set(response.headers["Allow"].split(", ")) == METHODS
    assert gateway.upstream.seen == []
