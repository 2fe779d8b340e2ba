"""Drop images that were uploaded and forgotten, and uploads that never came."""

from datetime import datetime, timedelta
from typing import Final

from chassis.database import Connection
from marketplace.images.collecting import queries
from marketplace.images.models import quarantine_path

PAGE: Final = 100
#: Bytes may be on their way when a permission ends.
LATE: Final = timedelta(minutes=10)


async def drop_orphans(conn: Connection, *, now: datetime, after: timedelta) -> int:
    """Delete a page of them, so that their objects are removed and their owners have room again.

    Args:
        conn: Open transaction; the caller commits.
        now: When.
        after: How long an image may be on no item, or be refused.

    Returns:
        How many.
    """
    images = await queries.delete_orphans(conn, now - after, PAGE)
    uploads = await queries.delete_over(conn, now - LATE, PAGE)
    await queries.add_waste(conn, [quarantine_path(upload) for upload in uploads])
    return len(images) + len(uploads)
