"""Show what is kept of a person, without what is in it."""

from uuid import UUID

from chassis.database import Connection
from gateway.vault import queries
from gateway.vault.models import VaultView


async def show_vault(conn: Connection, user_id: UUID) -> VaultView:
    """The fields that are kept, and whether the vault was erased.

    Args:
        conn: A connection.
        user_id: Whose vault.
    """
    key = await queries.select_key(conn, user_id)
    fields = await queries.select_fields(conn, user_id)
    return VaultView(fields=fields, erased_at=key.destroyed_at if key else None)
