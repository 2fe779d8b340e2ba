"""Delete a field."""

from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.vault import queries
from gateway.vault.errors import NoSuchField


async def forget_field(conn: Connection, user_id: UUID, field: str) -> None:
    """Delete one's own field.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose field.
        field: Its name.

    Raises:
        NoSuchField: It is not kept.
    """
    version = await queries.delete_field(conn, user_id, field)
    if version is None:
        raise NoSuchField(f"no {field} is kept")
    act = Act("vault.forgotten", "vault_field", f"{user_id}/{field}", before={"version": version})
    await record_acts(conn, act)
