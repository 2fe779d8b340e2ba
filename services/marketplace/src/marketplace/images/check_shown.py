"""Check that an image is shown."""

from chassis.database import Connection
from marketplace.images import queries
from marketplace.images.errors import NoSuchImage


async def check_shown(conn: Connection, image_hash: str) -> None:
    """Check that an image of this name is there still; its name is the right to see it.

    Args:
        conn: Any connection.
        image_hash: Its name.

    Raises:
        NoSuchImage: None, or it was deleted.
    """
    if not await queries.is_shown(conn, image_hash):
        raise NoSuchImage(image_hash)
