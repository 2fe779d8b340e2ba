"""Let a person keep more images, or fewer."""

from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from marketplace.images import queries
from marketplace.images.errors import NoSuchImage
from marketplace.images.models import Quota


async def allow_images(
    conn: Connection, owner_id: UUID, *, images_max: int, bytes_max: int
) -> Quota:
    """Change what a person who keeps images may keep.

    Args:
        conn: Open transaction; the caller commits.
        owner_id: Whose.
        images_max: How many.
        bytes_max: And how much, in bytes.

    Raises:
        NoSuchImage: They never kept any.
        ImageQuotaReached: They keep more than that.
    """
    before = await queries.lock_quota(conn, owner_id)
    after = await queries.set_quota(conn, owner_id, images_max, bytes_max)
    if before is None or after is None:
        raise NoSuchImage(f"of {owner_id}")
    act = Act(
        "images.allowed",
        "owner",
        str(owner_id),
        before={"images_max": before.images_max, "bytes_max": before.bytes_max},
        after={"images_max": images_max, "bytes_max": bytes_max},
    )
    await record_acts(conn, act)
    return after
