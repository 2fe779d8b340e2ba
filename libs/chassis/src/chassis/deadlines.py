"""Work ends when nobody waits for it any more: the gateway tells how long it will.

What is cut has not been done, or it has been done and is answered under its key: a transaction is
rolled back as a whole, and a commit that was on its way stands with its answer. Work that is shared
with other requests, such as a batch of the journal, is not cut; only this request's wait for it is.
"""

import asyncio
import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http import problem_response
from chassis.logs import get_logger
from chassis.metrics import CUT_SHORT
from chassis.problems import DeadlinePassed

log = get_logger(__name__)

HEADER: Final = b"x-deadline-ms"
#: Longer than any deadline that the gateway has.
MAX_MS: Final = 600_000
#: Kept for the way back, so that the answer arrives while somebody waits.
MARGIN_MS: Final = 100
_MILLISECONDS: Final = re.compile(rb"[0-9]{1,9}")


def seconds_left(value: bytes) -> float | None:
    """How long to work for a request; nothing when it does not say.

    Args:
        value: Of the header.
    """
    if not _MILLISECONDS.fullmatch(value):
        return None
    told = min(int(value), MAX_MS)
    return (told - min(MARGIN_MS, told // 10)) / 1000


class Deadlines:
    """Plain ASGI around a service: ends a request whose time is over before its answer began."""

    def __init__(self, app: ASGIApp) -> None:
        """Limit what `app` does."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on for as long as somebody waits."""
        told = next((value for name, value in scope.get("headers", ()) if name == HEADER), b"")
        seconds = seconds_left(told) if scope["type"] == "http" else None
        if seconds is None:
            await self._app(scope, receive, send)
            return
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            if not begun and not limit.expired():
                # The answer is known: it goes out whole, however long that takes.
                begun = True
                limit.reschedule(None)
            await send(message)

        limit = asyncio.timeout(seconds)
        if seconds <= 0:
            await _tell(seconds)(scope, receive, send)
            return
        try:
            async with limit:
                await self._app(scope, receive, watch)
        except TimeoutError:
            if begun or not limit.expired():
                raise
            await _tell(seconds)(scope, receive, send)


def _tell(seconds: float) -> ASGIApp:
    CUT_SHORT.inc()
    log.warning("request.cut_short", seconds=seconds)
    problem = DeadlinePassed(
        f"it took more than {seconds:g} s; it was not done, or was done and is answered when you "
        f"ask again with the same Idempotency-Key"
    )
    return problem_response(problem.document())
