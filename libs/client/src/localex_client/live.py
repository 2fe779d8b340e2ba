"""Live events."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

import httpx2

from localex_client.errors import ProblemError, Unreachable
from localex_client.models import LiveEvent
from localex_client.wire import Wire, raise_problem

#: The gateway says something every 15 s; silence of this length is a dead connection.
SILENCE_MAX_SECONDS: Final = 45.0
_BAD: Final = 400
_NOT_NOW: Final = frozenset({429, 502, 503, 504})


class Live(Wire):
    """Calls that listen."""

    async def events(
        self, *, last_event_id: str | None = None, on_open: Callable[[], None] | None = None
    ) -> AsyncGenerator[LiveEvent]:
        """Listen to what concerns the person who is logged in, until the caller stops.

        After a break it goes on where it was, without gap or repeat.

        Args:
            last_event_id: Where to go on from; without it only what happens from now on is told.
            on_open: Called whenever the stream is open: what happens after that is heard.

        Raises:
            ProblemError: The session is over, or too many streams are open.
            Unreachable: The gateway stayed away.
        """
        seen = last_event_id
        failures = 0
        while True:
            try:
                async with aclosing(self._listen_once(seen, on_open)) as stream:
                    async for event in stream:
                        failures = 0
                        seen = event.id or seen
                        if event.data:
                            yield LiveEvent.model_validate(
                                {"id": event.id, "type": event.event, "data": event.json()}
                            )
            except (httpx2.TransportError, ProblemError) as error:
                if isinstance(error, ProblemError) and error.status not in _NOT_NOW:
                    raise
                failures += 1
                if failures >= self._patience.tries_max:
                    raise Unreachable("GET /v1/events", None) from error
            await asyncio.sleep(self._patience.pause_seconds(max(failures, 1)))

    async def _listen_once(
        self, seen: str | None, on_open: Callable[[], None] | None
    ) -> AsyncGenerator[httpx2.ServerSentEvent]:
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {self.token}"}
        if seen:
            headers["Last-Event-ID"] = seen
        patience = httpx2.Timeout(5.0, read=SILENCE_MAX_SECONDS)
        async with self._http.stream(
            "GET", "/v1/events", headers=headers, timeout=patience
        ) as answer:
            if answer.status_code >= _BAD:
                await answer.aread()
                raise_problem(answer)
            if on_open:
                on_open()
            async for event in httpx2.EventSource(answer):
                yield event
