"""Find images that are evidence."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from marketplace.images import queries
from marketplace.images.models import Image


async def find_evidence(conn: Connection, image_ids: Sequence[UUID]) -> dict[UUID, Image]:
    """Images that are evidence, for whoever may read it; of who was erased there are none.

    Args:
        conn: Any connection.
        image_ids: Those that statements name.

    Returns:
        The images by id.
    """
    found = await queries.select_evidence(conn, image_ids) if image_ids else []
    return {image.id: image for image in found}
