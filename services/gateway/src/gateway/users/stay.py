"""Stay after all."""

from dataclasses import replace
from uuid import UUID

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.users import queries
from gateway.users.change_roles import tell_of
from gateway.users.errors import NoSuchUser
from gateway.users.models import User


async def stay(conn: Connection, user_id: UUID) -> User:
    """Let a person back in who had left, as they were.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Who.

    Returns:
        The person.

    Raises:
        NoSuchUser: They are erased, or had not left.

    Emits:
        UserChanged on `gateway.users.v1`, keyed by user: they have their name again.
    """
    leaver = await queries.select_leaver(conn, user_id, lock=True)
    if leaver is None:
        raise NoSuchUser("they are erased, or had not left")
    version = await queries.end_leaving(conn, user_id)
    act = Act("user.stayed", "user", str(user_id), by=user_id)
    await record_acts(conn, replace(act, before={"erase_at": leaver.erase_at}))
    await outbox.emit(conn, tell_of(leaver.user, version))
    return leaver.user
