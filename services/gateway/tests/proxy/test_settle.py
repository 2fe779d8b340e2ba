"""`Prefer: wait=N`: answered when the course has settled, or 202 with where to look."""

from typing import Any

import pytest
from aiohttp import web

from gateway.proxy.settle import is_settled, status_path, wanted_seconds

TRADE = "0198f000-0000-7000-8000-000000000000"
ACCEPT = f"/v1/trades/{TRADE}/accept"


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (b"wait=5", 5),
        (b"respond-async, wait=10", 10),
        (b"WAIT = 3; foo", 3),
        (b"wait=100000", 30),
        (b"await=5", 0),
        (b"wait=-1", 0),
        (b"", 0),
    ],
)
def test_the_wish_is_read_and_bounded(prefer: bytes, seconds: int) -> None:
    """Thirty seconds at most; what is no wish is none."""
    assert wanted_seconds(prefer) == seconds


def test_only_moves_of_trades_take_their_course() -> None:
    """Everything else has happened when it is answered."""
    assert status_path("POST", ACCEPT) == f"/v1/trades/{TRADE}"
    assert status_path("GET", ACCEPT) is None
    assert status_path("POST", "/v1/trades") is None
    assert status_path("POST", "/v1/transfers") is None


@pytest.mark.parametrize(
    ("body", "settled"),
    [
        (b'{"state":"accepted"}', False),
        (b'{"state":"funded"}', True),
        (b"[]", True),
        (b"no json", True),
    ],
)
def test_a_trade_settles_when_the_ledger_has_answered(body: bytes, *, settled: bool) -> None:
    """By the state that the marketplace tells."""
    assert is_settled(body) is settled


def course(states: list[str]) -> Any:
    """A marketplace whose trade is in the next state each time it is looked at."""
    left = [*states]

    async def answer(_request: web.Request) -> web.StreamResponse:
        state = left.pop(0) if len(left) > 1 else left[0]
        return web.json_response({"state": state}, headers={"ETag": '"1"'})

    return answer


async def test_who_waits_is_told_how_it_went(gateway: Any, token: str) -> None:
    """The answer is the trade as it is once it has settled."""
    gateway.upstream.answer = course(["accepted", "accepted", "funded"])
    headers = {"Prefer": "wait=5", "Idempotency-Key": "k"}
    response, trade = await gateway.send("POST", ACCEPT, token=token, headers=headers, json={})
    assert (response.status, trade) == (200, {"state": "funded"})
    assert response.headers["Preference-Applied"] == "wait"
    assert "ETag" not in response.headers
    assert [seen["method"] for seen in gateway.upstream.seen] == ["POST", "GET", "GET"]
    assert "idempotency-key" not in gateway.upstream.seen[1]["headers"]


async def test_who_waited_long_enough_is_told_where_to_look(gateway: Any, token: str) -> None:
    """202, with the state so far and a link to the state to come."""
    gateway.upstream.answer = course(["accepted"])
    headers = {"Prefer": "wait=1"}
    response, trade = await gateway.send("POST", ACCEPT, token=token, headers=headers, json={})
    assert (response.status, trade) == (202, {"state": "accepted"})
    assert response.headers["Location"] == f"/v1/trades/{TRADE}"
    assert response.headers["Link"] == f'</v1/trades/{TRADE}>; rel="status"'


async def test_who_does_not_wish_to_wait_does_not(gateway: Any, token: str) -> None:
    """Without the header the answer is the service's own, tag and all."""
    gateway.upstream.answer = course(["accepted"])
    response, _ = await gateway.send("POST", ACCEPT, token=token, json={})
    assert (response.status, response.headers["ETag"]) == (200, '"1"')
    assert "Preference-Applied" not in response.headers
    assert len(gateway.upstream.seen) == 1
