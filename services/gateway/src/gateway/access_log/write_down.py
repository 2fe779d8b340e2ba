"""Write down a look at another person's data."""

from collections.abc import Sequence
from uuid import UUID

from chassis import context
from chassis.database import Connection
from gateway.access_log import queries


async def write_look(
    conn: Connection,
    reader: UUID,
    roles: Sequence[str],
    subject: UUID,
    what: Sequence[str],
    reason: str,
) -> None:
    """Write down who looks at whose data, in the transaction of the read; one's own is no look.

    Args:
        conn: Open transaction; the caller commits, and only then shows what was read.
        reader: Who looks.
        roles: As whom.
        subject: Whose data it is.
        what: What is looked at.
        reason: Why.
    """
    if reader != subject:
        origin = context.origin.get()
        await queries.insert_look(
            conn,
            (reader, list(roles), subject, list(what), reason),
            (origin.address, origin.agent, origin.session_id, context.correlation_id.get()),
        )
