"""Write down looks at other people's data."""

from collections.abc import Collection, Sequence
from uuid import UUID

from chassis import context
from chassis.database import Connection
from gateway.access_log import queries


async def write_looks(
    conn: Connection,
    reader: UUID,
    roles: Sequence[str],
    subjects: Collection[UUID],
    what: Sequence[str],
    reason: str,
) -> None:
    """Write down who looks at whose data, in the transaction of the read; one's own is no look.

    Args:
        conn: Open transaction; the caller commits, and only then shows what was read.
        reader: Who looks.
        roles: As whom.
        subjects: Whose data it is.
        what: What is looked at.
        reason: Why.
    """
    others = sorted({one for one in subjects if one != reader})
    if others:
        origin = context.origin.get()
        await queries.insert_looks(
            conn,
            (reader, list(roles), others, list(what), reason),
            (origin.address, origin.agent, origin.session_id, context.correlation_id.get()),
        )
