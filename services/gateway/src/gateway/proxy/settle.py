"""Wait until a course over several services has settled: `Prefer: wait=N` (RFC 7240)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import orjson

WAIT_MAX_SECONDS: Final = 30
#: Who waits holds a place among the requests in progress: a part of them may.
WAITING_MAX: Final = 32
_WAIT: Final = re.compile(rb"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|[,;\s])", re.IGNORECASE)
#: While a trade is here, the ledger has a command to answer.
_UNSETTLED: Final = frozenset({"accepted", "confirmed", "refunding"})
_TRADE_MOVE: Final = re.compile(r"/v1/trades/([0-9a-fA-F-]{36})/[a-z-]+")
_FIRST_PAUSE_SECONDS: Final = 0.04
_PAUSE_MAX_SECONDS: Final = 0.3


class Settled(NamedTuple):
    """What to answer after waiting."""

    status: int
    body: bytes
    #: Where it can be asked how it went; empty once it has settled.
    link: str


def wanted_seconds(prefer: bytes) -> int:
    """How long a client wants to wait; 0 when it does not, never more than 30."""
    found = _WAIT.search(prefer)
    return min(int(found[1]), WAIT_MAX_SECONDS) if found else 0


def status_path(method: str, path: str) -> str | None:
    """Where the state of what was asked for can be seen, if it takes its course afterwards."""
    found = _TRADE_MOVE.fullmatch(path) if method == "POST" else None
    return f"/v1/trades/{found[1]}" if found else None


def is_settled(body: bytes) -> bool:
    """Whether nothing more is to come by itself of what an answer tells."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return True
    return not (isinstance(told, dict) and told.get("state") in _UNSETTLED)


async def settle(
    body: bytes, path: str, seconds: float, look: Callable[[], Awaitable[bytes | None]]
) -> Settled:
    """Look again until it has settled or the time is over.

    Args:
        body: The answer as it was.
        path: Where it can be seen.
        seconds: How long to wait.
        look: Asks there; nothing when it can't be seen at the moment.

    Returns:
        200 with what has settled, or 202 with what was seen last.
    """
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + seconds, _FIRST_PAUSE_SECONDS
    while not is_settled(body):
        left = end - loop.time()
        if left <= 0:
            return Settled(202, body, path)
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, _PAUSE_MAX_SECONDS)
        body = await look() or body
    return Settled(200, body, "")
