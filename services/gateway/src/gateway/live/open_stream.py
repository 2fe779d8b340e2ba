"""Open a stream of a person's events."""

from chassis.resources import Resources
from gateway.live.hub import Hub, Stream
from gateway.live.stream import find_start
from gateway.sessions.models import Session


async def open_stream(resources: Resources, session: Session, last_seen: int | None) -> Stream:
    """A new stream, which begins after what the client saw last.

    Args:
        resources: With the hub and the database.
        session: Whose stream it will be.
        last_seen: Number of the last event that the client has; nothing begins with what is new.

    Raises:
        TooManyStreams: The person has enough open here.
    """
    hub: Hub = resources.extra["hub"]
    stream = hub.open(session.user.id)
    try:
        stream.seq = await find_start(resources, session, last_seen)
    except BaseException:
        hub.close(stream)
        raise
    return stream
