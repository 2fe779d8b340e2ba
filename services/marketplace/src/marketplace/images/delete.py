"""Delete an image of one's own."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Transient
from marketplace.images import queries
from marketplace.images.errors import ImageIsEvidence, NoSuchImage
from marketplace.items.illustrate import illustrate_item
from marketplace.items.lock_own import lock_own_item


async def delete_image(conn: Connection, image_id: UUID, owner_id: UUID, *, now: datetime) -> None:
    """Take an image off its item and delete it; its objects are removed soon after.

    Args:
        conn: Open transaction; the caller commits.
        image_id: Which.
        owner_id: Whose it must be.
        now: When.

    Raises:
        NoSuchImage: The owner has no such image.
        ImageIsEvidence: It was shown in a dispute.
        Transient: It was put on an item, or off it, at this moment.

    Emits:
        ItemChanged on `marketplace.items.v1`, where it was shown.
    """
    item_id = await queries.item_of(conn, image_id)
    if item_id is not None:
        if not await queries.select_image(conn, image_id, owner_id):
            raise NoSuchImage(image_id)
        await lock_own_item(conn, item_id, owner_id)
    own = await queries.lock_own(conn, owner_id, [image_id])
    if not own:
        raise NoSuchImage(image_id)
    if own[0].evidence_since is not None:
        raise ImageIsEvidence(image_id)
    if await queries.item_of(conn, image_id) != item_id:
        raise Transient("the image changed its item at this moment")
    if item_id is not None:
        await queries.detach(conn, [image_id], now)
        await illustrate_item(conn, item_id, now=now)
    await queries.delete_image(conn, image_id, owner_id)
