"""`GET /events`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chassis.problems import Malformed
from chassis.resources import OpenResources, Resources
from gateway.live.follow import follow_events
from gateway.live.hub import Stream
from gateway.live.lifecycle import read_event_id
from gateway.live.open import open_stream
from gateway.sessions.access import LoggedIn
from gateway.sessions.models import Session

router = APIRouter(tags=["events"])

_DOCUMENTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A stream of events; each has `id`, `event` (its type) and `data` (JSON).",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


class EventStream(Response):
    """Server-sent events."""

    media_type = "text/event-stream"

    def __init__(self, resources: Resources, session: Session, stream: Stream) -> None:
        """Send what is new to `stream`."""
        super().__init__()
        self._followed = resources, session, stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until either side ends it."""
        del scope
        await follow_events(*self._followed, receive, send)


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
    stream = await open_stream(resources, session, last_seen)
    return EventStream(resources, session, stream)
