"""Check that one more image may be kept."""

from uuid import UUID

from chassis.database import Connection
from marketplace.images import queries
from marketplace.images.errors import ImageQuotaReached
from marketplace.images.lifecycle import has_room


async def check_quota(conn: Connection, owner_id: UUID, size_bytes: int) -> None:
    """Check it under the lock of the person's count, so that the figures told are right.

    The database counts and refuses by itself as well; who never kept any has no count yet.

    Args:
        conn: Open transaction, for the lock; or any connection, to look only.
        owner_id: Who.
        size_bytes: How large the image is.

    Raises:
        ImageQuotaReached: There is no room for it.
    """
    quota = await queries.lock_quota(conn, owner_id)
    if quota is not None and not has_room(quota, size_bytes):
        raise ImageQuotaReached(quota)
