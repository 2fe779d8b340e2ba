"""What members hear."""

from datetime import UTC, datetime
from typing import Final

from chassis.database import Connection
from chassis.subscription import Subscription
from contracts.gateway import UserRegistered
from marketplace.members import queries


async def on_user_registered(conn: Connection, event: UserRegistered) -> None:
    """Remember a member's name; an older version changes nothing."""
    await queries.upsert_member(conn, event, datetime.now(UTC))


MEMBERS: Final = Subscription(
    group="marketplace.members", handlers={UserRegistered: on_user_registered}, rereads=True
)
