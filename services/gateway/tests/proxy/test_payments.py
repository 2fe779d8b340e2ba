"""Large payments need a fresh session, whichever way they are written."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import FixedClock
from chassis.step_up import FRESH, read_limits
from gateway.proxy.payments import PREFIXES, large_asset
from services.gateway.tests.conftest import PASSWORD

LIMITS = read_limits("LXC:10000.00, USD:500.00")
SMALL, LARGE = {"asset": "LXC", "amount": "10000.00"}, {"asset": "LXC", "amount": "10000.01"}


@pytest.mark.parametrize(
    ("wish", "asset"),
    [
        (SMALL, None),
        (LARGE, "LXC"),
        ({"asset": "USD", "amount": "500.01"}, "USD"),
        ({"asset": "BTC", "amount": "500.01"}, None),
        ({"transfers": [{"asset": "LXC", "amount": "6000.00"}] * 2}, "LXC"),
        ({"transfers": [{"asset": "LXC", "amount": "1.00"}] * 2}, None),
        ({"template": "split", "asset": "LXC", "parts": [{"amount": "6000.00"}] * 2}, "LXC"),
        ({"template": "split", "asset": "BTC", "parts": [{"amount": "6000.00"}] * 2}, None),
        ({"asset": "LXC", "amount": 20000}, None),
        ({"asset": "LXC", "amount": "1e9"}, None),
        ({"transfers": [7, None]}, None),
        ([], None),
    ],
)
def test_what_is_large(wish: Any, asset: str | None) -> None:
    """More than the limit of its asset, all of a bulk together; what is malformed is not."""
    assert large_asset(json.dumps(wish).encode(), LIMITS) == asset


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_no_encoding_hides_an_amount(encoding: str) -> None:
    """What a decoder of JSON could read is read here, too; of a doubled field the last counts."""
    assert large_asset(json.dumps(LARGE).encode(encoding), LIMITS) == "LXC"
    doubled = '{"asset": "LXC", "amount": "1.00", "amount": "99999.00"}'
    assert large_asset(doubled.encode(encoding), LIMITS) == "LXC"


@pytest.mark.parametrize("text", ["LXC", "LXC:much", "XXX:1.00", "LXC:-1"])
def test_a_limit_that_is_none_is_refused_at_start(text: str) -> None:
    """A typing error must not mean that there is no limit."""
    with pytest.raises(ValueError, match=r"."):
        read_limits(text)


async def test_a_large_payment_needs_a_fresh_session(gateway: Any, clock: FixedClock) -> None:
    """Small ones pass; a large one passes after a step-up, with the new token, whole."""
    _, token = await gateway.person()
    clock.move(FRESH + timedelta(seconds=1))
    sent, _ = await gateway.send("POST", "/v1/transfers", json=SMALL, token=token)
    assert sent.status == 200
    refused, problem = await gateway.send("POST", "/v1/transfers", json=LARGE, token=token)
    assert (refused.status, problem["type"]) == (403, "urn:localex:problem:step-up-needed")
    assert (problem["limit"], problem["step_up"]) == (
        "10000.00 LXC",
        "/v1/sessions/current/step-up",
    )
    assert len(gateway.upstream.seen) == 1
    _, renewed = await gateway.send(
        "POST", problem["step_up"], json={"password": PASSWORD}, token=token
    )
    passed, echo = await gateway.send("POST", "/v1/transfers", json=LARGE, token=renewed["token"])
    assert passed.status == 200
    assert echo["bytes"] == len(json.dumps(LARGE))


@pytest.mark.parametrize("prefix", sorted(PREFIXES))
async def test_all_ways_to_give_money_away_need_it(
    gateway: Any, clock: FixedClock, prefix: str
) -> None:
    """Now, later, or on a condition; each is a route that is forwarded."""
    _, token = await gateway.person()
    clock.move(FRESH + timedelta(seconds=1))
    sent, _ = await gateway.send("POST", f"/v1/{prefix}", json=SMALL, token=token)
    refused, problem = await gateway.send("POST", f"/v1/{prefix}", json=LARGE, token=token)
    assert (sent.status, refused.status) == (200, 403)
    assert problem["type"] == "urn:localex:problem:step-up-needed"


async def test_a_payment_that_was_read_is_forwarded_whole(gateway: Any, clock: FixedClock) -> None:
    """What was read to look at it arrives as it was sent, in parts or not."""
    _, token = await gateway.person()
    clock.move(FRESH + timedelta(seconds=1))
    body = json.dumps({**SMALL, "memo": "x" * 200_000}).encode()

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 50_000):
            yield body[at : at + 50_000]

    for data in (body, parts()):
        _, echo = await gateway.send("POST", "/v1/transfers", data=data, token=token)
        assert echo["bytes"] == len(body)
