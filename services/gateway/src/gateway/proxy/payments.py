"""Large payments need a session that was strengthened lately."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.types import Message, Receive

from contracts.money import AmountError, parse_amount, render_amount
from gateway.proxy.errors import BodyTooSlow
from gateway.proxy.routes import Route
from gateway.sessions.access import step_up_needed
from gateway.sessions.errors import ProgramsMayNot
from gateway.sessions.lifecycle import is_fresh
from gateway.sessions.models import Session

#: What lets a program pay as much as its person may.
LARGE_PAYMENTS: Final = "large-payments"
_PREFIX: Final = "transfers"


def read_limits(text: str) -> dict[str, int]:
    """Limits such as `LXC:10000.00,USD:500.00`, in minor units by asset.

    Raises:
        ValueError: A part is no asset with an amount.
    """
    limits = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        asset, _, amount = part.partition(":")
        limits[asset] = parse_amount(amount, asset)
    return limits


async def guard_payment(
    receive: Receive,
    session: Session,
    *,
    method: str,
    route: Route,
    limits: Mapping[str, int],
    now: datetime,
) -> Receive:
    """Let a payment pass, unless it is large and its session was not strengthened lately.

    Only then is the body read before it is forwarded, as the service will read it.

    Args:
        receive: The client's body.
        session: Who pays.
        method: HTTP method.
        route: Where the request goes.
        limits: What is large, in minor units by asset.
        now: The clock's time.

    Returns:
        The body for the forwarder.

    Raises:
        StepUpNeeded: It is too much for this session; the problem names the limit and the way.
        ProgramsMayNot: A program without the scope for large payments.
        BodyTooSlow: The body did not come in time.
    """
    if method != "POST" or route.prefix != _PREFIX or not limits:
        return receive
    program = session.scopes is not None
    if LARGE_PAYMENTS in (session.scopes or ()) or (
        not program and is_fresh(session.strengthened_at, now)
    ):
        return receive
    read: list[Message] = []
    try:
        async with asyncio.timeout(route.deadline_seconds):
            body = await _read(receive, read, route.body_max_bytes)
    except TimeoutError:
        raise BodyTooSlow(f"send it within {route.deadline_seconds:.0f} s") from None
    if asset := large_asset(body, limits):
        limit = f"{render_amount(limits[asset], asset)} {asset}"
        if program:
            raise ProgramsMayNot(
                f"more than {limit} needs an API key with the scope {LARGE_PAYMENTS}",
                limit=limit,
                needs=[LARGE_PAYMENTS],
            )
        problem = step_up_needed(f"to send more than {limit}")
        problem.facts["limit"] = limit
        raise problem
    return _again(read, receive)


def large_asset(body: bytes, limits: Mapping[str, int]) -> str | None:
    """The asset of which a transfer, or all of a bulk together, sends more than its limit.

    What the service will refuse as malformed is not large. The body is read with the decoder that
    reads the most: whatever a service could understand is understood here.
    """
    try:
        wish = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(wish, dict):
        return None
    parts = wish.get("transfers")
    sums: dict[str, int] = {}
    for part in [wish, *(parts if isinstance(parts, list) else [])]:
        if isinstance(part, dict):
            asset, minor = _amount(part)
            sums[asset] = sums.get(asset, 0) + minor
    return next((one for one, limit in limits.items() if sums.get(one, 0) > limit), None)


def _amount(part: dict[str, Any]) -> tuple[str, int]:
    asset, amount = part.get("asset"), part.get("amount")
    if not isinstance(asset, str) or not isinstance(amount, str):
        return "", 0
    try:
        return asset.strip(), parse_amount(amount.strip(), asset.strip())
    except AmountError:
        return "", 0


async def _read(receive: Receive, read: list[Message], most: int) -> bytes:
    """The body as far as the route allows; what was read is kept for the forwarder."""
    parts = bytearray()
    while len(parts) <= most:
        message = await receive()
        read.append(message)
        parts += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    return bytes(parts)


def _again(read: list[Message], receive: Receive) -> Receive:
    waiting = iter(read)

    async def replay() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return replay
