"""Find an image of one's own."""

from uuid import UUID

from chassis.database import Connection
from marketplace.images import queries
from marketplace.images.errors import NoSuchImage
from marketplace.images.models import Image


async def find_image(conn: Connection, image_id: UUID, owner_id: UUID) -> Image:
    """An image as it stands.

    Args:
        conn: Any connection.
        image_id: Which.
        owner_id: Whose it must be.

    Raises:
        NoSuchImage: The owner has no such image.
    """
    image = await queries.select_image(conn, image_id, owner_id)
    if image is None:
        raise NoSuchImage(image_id)
    return image
