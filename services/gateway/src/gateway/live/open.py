"""Open a stream of a person's events."""

from chassis.resources import Resources
from gateway.live.hub import Hub, Stream
from gateway.live.stream import find_start
from gateway.sessions.models import Session


async def open_stream(resources: Resources, session: Session, last_seen: int | None) -> Stream:
    """A new stream, which begins after what the client saw last.

    Args:
        resources: With the hub and the database.
        session: Whose stream it is.
        last_seen: As the client says; nothing means from now on.

    Returns:
        The stream; who opened it closes it.

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
