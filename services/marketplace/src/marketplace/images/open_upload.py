"""Permit one image to be brought straight to object storage."""

from datetime import datetime, timedelta

from chassis.database import Connection
from chassis.ids import new_id
from chassis.tokens import Caller
from marketplace.images import queries
from marketplace.images.check_quota import check_quota
from marketplace.images.models import MediaType, Upload


async def open_upload(
    conn: Connection,
    owner: Caller,
    media_type: MediaType,
    size_bytes: int,
    *,
    now: datetime,
    ttl: timedelta,
) -> Upload:
    """Write down a permission; it counts as the image that it may become until it is over.

    Args:
        conn: Open transaction; the caller commits.
        owner: Whose image it will be.
        media_type: Its exact type.
        size_bytes: Its exact size.
        now: When.
        ttl: How long the permission holds.

    Raises:
        ImageQuotaReached: The owner keeps as much as may be kept.
    """
    await check_quota(conn, owner.user_id, size_bytes)
    upload = Upload(
        id=new_id(),
        owner_id=owner.user_id,
        community=owner.community,
        media_type=media_type,
        size_bytes=size_bytes,
        created_at=now,
        expires_at=now + ttl,
    )
    await queries.insert_upload(conn, upload)
    return upload
