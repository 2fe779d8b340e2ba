"""Remove objects that nothing needs any more."""

from typing import Final

from chassis.database import Connection
from marketplace.images.collecting import queries
from marketplace.images.storage import Bucket

PAGE: Final = 100


async def remove_waste(conn: Connection, bucket: Bucket) -> int:
    """Remove a page of them.

    The rows go when the objects have gone; a crash in between only has them removed again.

    Args:
        conn: Open transaction; the caller commits.
        bucket: Where they are.

    Returns:
        How many.

    Raises:
        StorageAway: The storage did not answer.
    """
    paths = await queries.take_waste(conn, PAGE)
    if paths:
        await bucket.remove(paths)
        await queries.delete_waste(conn, paths)
    return len(paths)
