"""Add an endpoint."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.webhooks import queries
from gateway.webhooks.errors import TooManyEndpoints, UnsafeUrl
from gateway.webhooks.lifecycle import ENDPOINTS_MAX, url_fault
from gateway.webhooks.models import EndpointView, NewEndpoint, Sealed


async def add_endpoint(
    conn: Connection,
    user_id: UUID,
    wanted: NewEndpoint,
    *,
    now: datetime,
    sealed: Sealed,
    dev: bool,
) -> EndpointView:
    """Tell a program of others what concerns a person from now on.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose events.
        wanted: Where, and which.
        now: The clock's time.
        sealed: What messages are signed with first, and the id of the endpoint.
        dev: Whether plain http may be called.

    Raises:
        UnsafeUrl: The URL may not be called.
        TooManyEndpoints: The person has ten.
    """
    fault = url_fault(wanted.url, dev=dev)
    if fault:
        raise UnsafeUrl(
            f"check url: {fault}", errors=[{"field": "url", "rule": "safe", "message": fault}]
        )
    if await queries.lock_owner(conn, user_id) >= ENDPOINTS_MAX:
        raise TooManyEndpoints(
            f"{ENDPOINTS_MAX} endpoints are active; remove one first", endpoints_max=ENDPOINTS_MAX
        )
    row = (sealed.endpoint_id, user_id, wanted.url, list(wanted.event_types), now)
    made = await queries.insert_endpoint(conn, row, sealed)
    # Not where: an address may hold a secret, and it stays in the table under this id.
    told = {"user_id": user_id, "event_types": made.event_types, "secret_id": sealed.id}
    await record_acts(conn, Act("webhook.made", "webhook_endpoint", str(made.id), after=told))
    return made
