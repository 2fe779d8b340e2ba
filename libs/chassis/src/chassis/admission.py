"""Who is let in: a bounded number of requests at a time, and no writes that could not be told of.

What is over the limit is turned away at once, before anything is parsed or asked of a database:
a short answer now is worth more to a caller than a long one after its patience has ended.
"""

from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.health import Health
from chassis.http import problem_response
from chassis.metrics import OUTBOX_OLDEST_SECONDS, TURNED_AWAY
from chassis.resources import Resources

_ALWAYS: Final = ("/health/", "/metrics")
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BUSY_SECONDS: Final = 1
BACKLOG_SECONDS: Final = 5

#: The oldest of each key partition by its index, not all that wait: there may be many.
SELECT_OLDEST: Final = """
SELECT coalesce(extract(EPOCH FROM clock_timestamp() - min(o.created_at)), 0)::float8
FROM generate_series(0, 15) AS p (part)
CROSS JOIN LATERAL (
    SELECT created_at FROM outbox
    WHERE part = p.part AND published_at IS NULL AND failed_at IS NULL ORDER BY id LIMIT 1
) AS o
"""


class Admission:
    """Plain ASGI, before everything else of a service."""

    def __init__(self, app: ASGIApp, health: Health, settings: Any) -> None:
        """Let `inflight_max` requests into `app` at a time."""
        self._app = app
        self._health = health
        self._inflight_max: int = settings.inflight_max
        self._backlog_max_seconds: float = settings.outbox_age_max_seconds
        self._inflight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away; health is told always."""
        if scope["type"] != "http" or scope["path"].startswith(_ALWAYS):
            await self._app(scope, receive, send)
        elif self._inflight >= self._inflight_max:
            await _turn_away("busy", "too many requests are in progress", BUSY_SECONDS)(
                scope, receive, send
            )
        elif scope["method"] not in _READS and self._is_backed_up():
            await _turn_away("backlog", "what is written can't be told to others", BACKLOG_SECONDS)(
                scope, receive, send
            )
        else:
            await self._let_in(scope, receive, send)

    def _is_backed_up(self) -> bool:
        limit = self._backlog_max_seconds
        return bool(limit) and self._health.outbox_oldest_seconds > limit

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request counts until its answer begins: a stream may then go on for hours."""
        self._inflight += 1
        counted = True

        async def watch(message: Message) -> None:
            nonlocal counted
            if counted and message["type"] == "http.response.start":
                counted = False
                self._inflight -= 1
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            if counted:
                self._inflight -= 1


def _turn_away(reason: str, detail: str, wait_seconds: int) -> ASGIApp:
    TURNED_AWAY.labels(reason).inc()
    document = {
        "type": "urn:localex:problem:unavailable",
        "title": "Not available at the moment",
        "status": 503,
        "detail": f"{detail}; try again in {wait_seconds} s with the same Idempotency-Key",
    }
    return problem_response(document, {"Retry-After": str(wait_seconds)})


async def look_at_backlog(resources: Resources) -> None:
    """See how old the oldest event is that waits to be sent."""
    async with resources.database.connection() as conn:
        oldest = await conn.fetchval(SELECT_OLDEST)
    resources.health.outbox_oldest_seconds = oldest
    # Told here, too: a relay that has not found Kafka yet tells nothing.
    OUTBOX_OLDEST_SECONDS.set(oldest)
