"""What members hear."""

from datetime import UTC, datetime
from typing import Final

from chassis.database import Connection
from chassis.subscription import Subscription
from contracts.gateway import UserChanged, UserLeft, UserRegistered
from marketplace.members import queries


async def on_user_registered(conn: Connection, event: UserRegistered) -> None:
    """Remember a member's name; an older version changes nothing."""
    await queries.upsert_member(conn, event, datetime.now(UTC))


async def on_user_changed(conn: Connection, event: UserChanged) -> None:
    """Remember a member's new name; an older version changes nothing."""
    await queries.upsert_member(conn, event, datetime.now(UTC))


async def on_user_left(conn: Connection, event: UserLeft) -> None:
    """Forget the name of a member who left; what they traded stays."""
    await queries.forget_member(conn, event, datetime.now(UTC))


MEMBERS: Final = Subscription(
    group="marketplace.members",
    handlers={
        UserRegistered: on_user_registered,
        UserChanged: on_user_changed,
        UserLeft: on_user_left,
    },
    rereads=True,
    every_community=True,
)
