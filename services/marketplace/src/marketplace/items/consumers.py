"""What items hear: an index that is not what was told is told again; who left offers nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.gateway import UserErased, UserLeft
from contracts.messages import Message
from contracts.search import IndexDiffered
from marketplace.items.forget import forget_member
from marketplace.items.say_again import say_again
from marketplace.items.withdraw_all import withdraw_all

BATCH_MAX: Final = 200


async def on_index_differed(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
    """Say the items again, once for each difference that lasted; the index takes what it lacks."""
    found = (d.message for d in deliveries if isinstance(d.message, IndexDiffered))
    await say_again(conn, {event.item_id for event in found})


async def on_user_left(conn: Connection, event: UserLeft) -> None:
    """Withdraw what somebody offered who left; what was sold stays as it was sold."""
    await withdraw_all(conn, event.user_id, now=datetime.now(UTC))


async def on_user_erased(conn: Connection, event: UserErased) -> None:
    """Forget the words of somebody whose grace period is over, wherever they stand."""
    await forget_member(conn, event.user_id, now=datetime.now(UTC))


LEAVERS: Final = Subscription(
    group="marketplace.leavers",
    handlers={UserLeft: on_user_left, UserErased: on_user_erased},
    rereads=True,
    every_community=True,
)
INDEX: Final = Subscription(
    group="marketplace.items",
    batch=on_index_differed,
    messages=(IndexDiffered,),
    batch_max=BATCH_MAX,
    rereads=True,
    every_community=True,
)
