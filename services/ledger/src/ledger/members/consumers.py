"""What members hear."""

from typing import Final

from chassis.database import Connection
from chassis.subscription import Subscription
from contracts.gateway import UserChanged, UserErased, UserLeft, UserRegistered
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


async def on_user_erased(conn: Connection, event: UserErased) -> None:
    """Forget what somebody who was erased called their things; their entries stay."""
    await queries.upsert_member(conn, event.user_id, None, event.version)
    await queries.forget_member(conn, event.user_id)


MEMBERS: Final = Subscription(
    group="ledger.members",
    handlers={
        UserRegistered: on_user_registered,
        UserChanged: on_user_changed,
        UserLeft: on_user_left,
        UserErased: on_user_erased,
    },
    rereads=True,
)
