"""Take the image that has waited the longest."""

from datetime import datetime

from chassis.database import Connection
from marketplace.images import queries
from marketplace.images.lifecycle import LEASE
from marketplace.images.models import Image


async def take_image(conn: Connection, *, now: datetime) -> Image | None:
    """Take an image for a while: a worker that dies leaves it to the next one.

    Args:
        conn: Open transaction; the caller commits.
        now: When.

    Returns:
        The image with this try counted, or nothing when none is due. `next_try_at` is the end of
        the lease, and the proof of it.
    """
    return await queries.take_due(conn, now, now + LEASE)
