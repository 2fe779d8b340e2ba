"""Rotate the secret of an endpoint."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
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
    found = await queries.select_secrets(conn, endpoint_id, user_id, now)
    await queries.replace_secret(conn, endpoint_id, sealed, now=now, ends_at=now + OVERLAP)
    before = {"secrets": [one.id for one in found]}
    after = {"secret_id": sealed.id, "others_end_at": now + OVERLAP}
    name = str(endpoint_id)
    act = Act("webhook.secret_rotated", "webhook_endpoint", name, before=before, after=after)
    await record_acts(conn, act)
