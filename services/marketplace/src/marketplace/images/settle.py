"""Settle what became of an image."""

from datetime import datetime

from chassis.database import Connection
from chassis.outbox import emit
from chassis.problems import Transient
from contracts.marketplace import ImageReady, ImageRefused
from marketplace.image_urls import urls_of
from marketplace.images import queries
from marketplace.images.lifecycle import name_of
from marketplace.images.models import Image, Refusal, Rendered
from marketplace.items.illustrate import illustrate_item
from marketplace.items.lock import lock_items


async def settle_image(
    conn: Connection, taken: Image, outcome: Rendered | Refusal, *, now: datetime
) -> bool:
    """Make an image ready or refused; what was refused leaves its item.

    Args:
        conn: Open transaction; the caller commits.
        taken: As it was taken.
        outcome: Renditions, which lie in storage already, or why there are none.
        now: When.

    Returns:
        Whether it was settled; not when it was deleted meanwhile, or taken by another worker.

    Raises:
        Transient: It was put on an item, or off it, at this moment.

    Emits:
        ImageReady or ImageRefused on `marketplace.images.v1`, and ItemChanged where it is shown.
    """
    # Items are locked before their images, here as in every other verb.
    item_id = await queries.item_of(conn, taken.id)
    if item_id is not None:
        await lock_items(conn, [item_id])
    image = await queries.lock_taken(conn, taken)
    if image is None:
        return False
    if await queries.item_of(conn, taken.id) != item_id:
        raise Transient("the image changed its item at this moment")
    if isinstance(outcome, Refusal):
        if item_id is not None:
            await queries.detach(conn, [taken.id], now)
        await queries.refuse(conn, taken.id, outcome, now)
        said = ImageRefused(
            image_id=taken.id,
            owner_id=taken.owner_id,
            community=taken.community,
            item_id=item_id,
            reason=outcome.reason,
            detail=outcome.detail,
        )
        await emit(conn, said)
        return True
    image_hash = name_of(taken.id, outcome)
    await queries.make_ready(conn, taken.id, outcome, image_hash, now)
    if item_id is not None:
        await illustrate_item(conn, item_id, now=now)
    urls = urls_of(image_hash)
    await emit(
        conn,
        ImageReady(
            image_id=taken.id,
            owner_id=taken.owner_id,
            community=taken.community,
            item_id=item_id,
            width=outcome.width,
            height=outcome.height,
            color=outcome.color,
            small_url=urls["small"],
            medium_url=urls["medium"],
            large_url=urls["large"],
        ),
    )
    return True
