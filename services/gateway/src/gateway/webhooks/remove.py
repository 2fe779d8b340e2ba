"""Remove an endpoint."""

from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.webhooks import queries
from gateway.webhooks.errors import NoSuchEndpoint


async def remove_endpoint(conn: Connection, user_id: UUID, endpoint_id: UUID) -> None:
    """Tell a program nothing more; what was under way is not tried again.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose endpoint.
        endpoint_id: Which.

    Raises:
        NoSuchEndpoint: There is none of this person.
    """
    state = await queries.lock_endpoint(conn, endpoint_id, user_id)
    if state is None:
        raise NoSuchEndpoint(f"there is no endpoint {endpoint_id}")
    await queries.remove_endpoint(conn, endpoint_id)
    before, after = {"state": state}, {"state": "removed"}
    name = str(endpoint_id)
    act = Act("webhook.removed", "webhook_endpoint", name, before=before, after=after)
    await record_acts(conn, act)
