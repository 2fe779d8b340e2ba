"""`GET /events`."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chassis.problems import Malformed
from chassis.resources import OpenResources
from gateway.live.hub import Hub, Stream
from gateway.live.lifecycle import read_event_id
from gateway.live.stream import Sender, find_start
from gateway.sessions.access import LoggedIn

router = APIRouter(tags=["events"])

_DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A stream of events; each has `id`, `event` (its type) and `data` (JSON).",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"

    def __init__(self, parts: AsyncIterator[bytes], hub: Hub, stream: Stream) -> None:
        """Send `parts`; `stream` is closed however it ends, even before the first part."""
        super().__init__(parts, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._hub = hub
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until either side ends it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.close(self._stream)


@router.get("/events", status_code=200, response_class=StreamingResponse, responses=_DOCUMENTED)
async def events(
    session: LoggedIn,
    resources: OpenResources,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    last_event_id_query: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> EventStream:
    """Follow what concerns you, as it happens (server-sent events).

    Send `Last-Event-ID` (or `?last_event_id=`) to go on after an event, without gap or repeat:
    the last 1,000 events are kept for 7 days. If more was missed, the stream begins with
    `gateway.EventsForgotten`. Without it the stream begins with what happens from now on.
    """
    try:
        last_seen = read_event_id(last_event_id or last_event_id_query)
    except ValueError as error:
        raise Malformed(
            f"check Last-Event-ID: {error}",
            errors=[{"field": "Last-Event-ID", "rule": "number", "message": str(error)}],
        ) from None
    hub: Hub = resources.extra["hub"]
    stream = hub.open(session.user.id)
    try:
        stream.seq = await find_start(resources, session, last_seen)
    except BaseException:
        hub.close(stream)
        raise
    return EventStream(Sender(resources, session, stream).parts(), hub, stream)
