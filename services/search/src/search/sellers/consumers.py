"""What is heard of sellers: what their ratings come to, and that they were erased."""

from collections.abc import Sequence
from typing import Final

from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.gateway import UserErased
from contracts.marketplace_people import ReputationChanged
from contracts.messages import Message
from search.sellers.lifecycle import newest_of
from search.sellers.queries import upsert_told


async def on_sellers(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
    """Keep the newest of each seller; an older version, and who was erased, change nothing."""
    await upsert_told(conn, newest_of(delivery.message for delivery in deliveries))


SELLERS: Final = Subscription(
    group="search.sellers",
    batch=on_sellers,
    messages=(ReputationChanged, UserErased),
    rereads=True,
)
