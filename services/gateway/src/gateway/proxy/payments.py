"""Large payments need a session that was strengthened lately."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.types import Message, Receive

from chassis.step_up import LARGE_PAYMENTS, is_fresh, too_large
from contracts.money import AmountError, parse_amount
from gateway.proxy.errors import BodyTooSlow
from gateway.proxy.routes import Route
from gateway.sessions.models import Session

#: Where somebody gives money away, now, later, or on a condition.
PREFIXES: Final = frozenset({"transfers", "scheduled-transfers", "reservations", "gifts", "trades"})


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

    Only then is the body read before it is forwarded, as the service will read it. What is agreed
    to without naming it (a trade's price) is for the service to refuse, by `chassis.step_up`.

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
    if method != "POST" or route.prefix not in PREFIXES or not limits:
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
        raise too_large(asset, limits, program=program)
    return _again(read, receive)


def large_asset(body: bytes, limits: Mapping[str, int]) -> str | None:
    """The asset of which a body, all of its parts together, sends more than its limit.

    Every `amount` counts, however deep it is, in the `asset` beside or above it: transfers, bulks
    and templates have their own forms. What the service will refuse as malformed is not large. The
    body is read with the decoder that reads the most: what a service understands is understood.
    """
    try:
        wish = json.loads(body)
    except (ValueError, RecursionError):
        return None
    sums: dict[str, int] = {}
    left: list[tuple[Any, str]] = [(wish, "")]
    while left:
        part, asset = left.pop()
        if isinstance(part, list):
            left += [(one, asset) for one in part]
        elif isinstance(part, dict):
            named = part.get("asset")
            asset = named.strip() if isinstance(named, str) else asset
            sums[asset] = sums.get(asset, 0) + _minor(part.get("amount"), asset)
            left += [(one, asset) for one in part.values() if isinstance(one, dict | list)]
    return next((one for one, limit in limits.items() if sums.get(one, 0) > limit), None)


def _minor(amount: Any, asset: str) -> int:
    try:
        return parse_amount(amount.strip(), asset) if isinstance(amount, str) else 0
    except AmountError:
        return 0


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
