"""What members hear."""

from typing import Final

from chassis.database import Connection
from chassis.subscription import Subscription
from contracts.gateway import UserChanged, UserLeft, UserRegistered
from ledger.members import queries


async def on_user_registered(conn: Connection, event: UserRegistered) -> None:
    """Remember a member's name; an older version changes nothing."""
    await queries.upsert_member(conn, event.user_id, event.display_name, event.version)


async def on_user_changed(conn: Connection, event: UserChanged) -> None:
    """Remember a member's new name; an older version changes nothing."""
    await queries.upsert_member(conn, event.user_id, event.display_name, event.version)


async def on_user_left(conn: Connection, event: UserLeft) -> None:
    """Forget the name of a member who left; what they moved stays."""
    await queries.upsert_member(conn, event.user_id, None, event.version)


MEMBERS: Final = Subscription(
    group="ledger.members",
    handlers={
        UserRegistered: on_user_registered,
        UserChanged: on_user_changed,
        UserLeft: on_user_left,
    },
    rereads=True,
)
