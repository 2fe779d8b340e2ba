"""Change what one says of oneself."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.profiles import queries
from gateway.profiles.models import Preferences, ProfileChange
from gateway.users.rename import rename_user


async def change_profile(
    conn: Connection, user_id: UUID, change: ProfileChange, *, now: datetime
) -> Preferences:
    """Keep what a person says of themselves; what is left out stays as it is.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Who.
        change: What is said.
        now: The clock's time.

    Emits:
        UserChanged on `gateway.users.v1` if the name is another one.
    """
    before = await queries.lock_profile(conn, user_id)
    said = before.model_copy(update={**change.changes(), "version": before.version + 1})
    await queries.upsert_profile(conn, user_id, said, now)
    if change.display_name is not None:
        await rename_user(conn, user_id, display_name=change.display_name)
    return said
