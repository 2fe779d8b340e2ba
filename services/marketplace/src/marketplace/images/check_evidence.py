"""Check that images can be evidence."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from marketplace.images import queries
from marketplace.images.errors import ImageNotReady, ImageRefused, NoSuchImage


async def check_evidence(conn: Connection, owner_id: UUID, image_ids: Sequence[UUID]) -> None:
    """Check that images are a person's own and ready; they stay so until the transaction ends.

    Args:
        conn: Open transaction; the caller commits.
        owner_id: Whose they must be.
        image_ids: Which, each once.

    Raises:
        NoSuchImage: The person has no such image.
        ImageRefused: One of them was refused.
        ImageNotReady: One of them has not been looked at yet.
    """
    images = {image.id: image for image in await queries.lock_own(conn, owner_id, image_ids)}
    for image_id in image_ids:
        if image_id not in images:
            raise NoSuchImage(image_id)
        if images[image_id].state == "REFUSED":
            raise ImageRefused(image_id)
        if images[image_id].state != "READY":
            raise ImageNotReady(image_id)
