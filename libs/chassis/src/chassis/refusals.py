"""Who was turned away: a log line for each, so many a second."""

import time
from collections.abc import Mapping
from typing import Any, Final

from chassis import context
from chassis.logs import get_logger

log = get_logger(__name__)

#: Ambiguous, unknown, not allowed, too large or too often: what an attack looks like from inside.
TOLD: Final = frozenset({400, 401, 403, 413, 429})
#: Who is flooded with requests is not to be flooded with lines, too.
LINES_PER_SECOND: Final = 50


class Lines:
    """Lets so many lines through in each second, and counts what it left out."""

    __slots__ = ("_left", "_left_out", "_second")

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._second = -1
        self._left = 0
        self._left_out = 0

    def take(self, now_seconds: float) -> int | None:
        """How many were left out since the last line; nothing when this one is left out, too."""
        if int(now_seconds) != self._second:
            self._second, self._left = int(now_seconds), LINES_PER_SECOND
        if self._left == 0:
            self._left_out += 1
            return None
        self._left -= 1
        left_out, self._left_out = self._left_out, 0
        return left_out


_lines = Lines()


def refused(scope: Mapping[str, Any], route: str, status: int) -> None:
    """Write down that a request was turned away: where, who if that is known, and from where.

    Args:
        scope: Of the request; its path and query are not told: they may hold what is personal.
        route: By which it was found.
        status: What was answered.
    """
    left_out = _lines.take(time.monotonic())
    if left_out is None:
        return
    origin = context.origin.get()
    client = scope.get("client")
    log.info(
        "request.refused",
        method=scope["method"],
        route=route,
        status=status,
        address=client[0] if client else None,
        user_id=str(origin.user_id) if origin.user_id else None,
        left_out=left_out,
    )
