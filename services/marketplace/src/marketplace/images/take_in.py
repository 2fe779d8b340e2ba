"""Take in an image whose bytes are in quarantine."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.images import queries
from marketplace.images.check_quota import check_quota
from marketplace.images.formats import Header
from marketplace.images.models import Image


async def take_in_image(
    conn: Connection,
    image_id: UUID,
    owner: Caller,
    header: Header,
    size_bytes: int,
    *,
    now: datetime,
) -> Image:
    """Write down an image, so that a worker makes its renditions.

    Args:
        conn: Open transaction; the caller commits.
        image_id: Names the object in quarantine, which is there already.
        owner: Whose it is.
        header: What its structure says.
        size_bytes: How large it is.
        now: When.

    Raises:
        ImageQuotaReached: The owner keeps as much as may be kept.
    """
    await check_quota(conn, owner.user_id, size_bytes)
    image = Image(
        id=image_id,
        owner_id=owner.user_id,
        community=owner.community,
        state="UPLOADED",
        media_type=header.media_type,
        size_bytes=size_bytes,
        attempts=0,
        next_try_at=now,
        hash=None,
        color=None,
        width=None,
        height=None,
        refusal=None,
        refusal_detail=None,
        created_at=now,
        settled_at=None,
    )
    await queries.insert_image(conn, image)
    return image
