"""Arrange the images of an item: put on, take off, order."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.preconditions import require_version
from marketplace.images import queries
from marketplace.images.errors import ImageElsewhere, ImageRefused, NoSuchImage, TooManyImages
from marketplace.images.models import IMAGES_OF_ITEM_MAX
from marketplace.items.illustrate import illustrate_item
from marketplace.items.lock_own import lock_own_item


async def arrange_images(
    conn: Connection,
    item_id: UUID,
    seller_id: UUID,
    image_ids: Sequence[UUID],
    *,
    accepted: frozenset[int] | None,
    now: datetime,
) -> None:
    """Let an item have exactly these images, in this order; the same again changes nothing.

    An image that has no renditions yet may be put on an item: it is shown when it has.

    Args:
        conn: Open transaction; the caller commits.
        item_id: Which item.
        seller_id: Whose it must be, and the images too.
        image_ids: Which images, each once.
        accepted: Versions of the item that the client has seen; None for any.
        now: When.

    Raises:
        TooManyImages: More than ten.
        NoSuchItem: The seller has no such item.
        StaleVersion: The client saw another version of it.
        NoSuchImage: The seller has no such image.
        ImageRefused: One of them was refused.
        ImageElsewhere: One of them is on another item.

    Emits:
        ItemChanged on `marketplace.items.v1`, where what is shown changed.
    """
    if len(image_ids) > IMAGES_OF_ITEM_MAX:
        raise TooManyImages(len(image_ids))
    item = await lock_own_item(conn, item_id, seller_id)
    require_version(item.version, accepted)
    before = await queries.select_attached(conn, item_id)
    if before == list(image_ids):
        return
    touched = {*before, *image_ids}
    images = {image.id: image for image in await queries.lock_own(conn, seller_id, [*touched])}
    places = await queries.select_places(conn, image_ids)
    for image_id in image_ids:
        if image_id not in images:
            raise NoSuchImage(image_id)
        if images[image_id].state == "REFUSED":
            raise ImageRefused(image_id)
        if places.get(image_id, item_id) != item_id:
            raise ImageElsewhere(image_id, places[image_id])
    await queries.detach(conn, before, now)
    await queries.attach(conn, item_id, image_ids)
    await illustrate_item(conn, item_id, now=now)
