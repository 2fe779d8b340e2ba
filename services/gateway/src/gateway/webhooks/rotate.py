"""Rotate the secret of an endpoint."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.webhooks import queries
from gateway.webhooks.errors import NoSuchEndpoint
from gateway.webhooks.lifecycle import OVERLAP
from gateway.webhooks.models import Sealed


async def rotate_secret(
    conn: Connection, user_id: UUID, endpoint_id: UUID, *, now: datetime, sealed: Sealed
) -> None:
    """Sign with a new secret; for a day with the last one, too.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose endpoint.
        endpoint_id: Which.
        now: The clock's time.
        sealed: The new one.

    Raises:
        NoSuchEndpoint: There is none of this person.
    """
    if not await queries.lock_endpoint(conn, endpoint_id, user_id):
        raise NoSuchEndpoint(f"there is no endpoint {endpoint_id}")
    await queries.replace_secret(conn, endpoint_id, sealed, now=now, ends_at=now + OVERLAP)
