"""Follow a person's events: plain ASGI, because thousands of streams are open at a time."""

import asyncio
from typing import Final

from starlette.types import Receive, Send

from chassis.resources import Resources
from gateway.live.hub import Hub, Stream
from gateway.live.stream import Sender
from gateway.sessions.models import Session

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def follow_events(
    resources: Resources, session: Session, stream: Stream, receive: Receive, send: Send
) -> None:
    """Send a stream until either side ends it; then it is closed.

    Args:
        resources: With the hub and the database.
        session: Whose stream it is.
        stream: As `open_stream` gave it.
        receive: Tells when the client is gone.
        send: Takes the answer.
    """
    leaving = asyncio.create_task(_notice_end(stream, receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS]})
        async for part in Sender(resources, session, stream).parts():
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        leaving.cancel()
        hub: Hub = resources.extra["hub"]
        hub.close(stream)


async def _notice_end(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.gone = True
    stream.woken.set()
