"""What inventories hear: who keeps a copy of the items asks what there is."""

from chassis.clock import Clock
from chassis.database import Connection
from chassis.subscription import Subscription
from contracts.marketplace_inventories import TellInventory
from marketplace.inventories.tell import tell_inventory


def make_subscription(clock: Clock) -> Subscription:
    """Answer each question with a page."""

    async def on_tell_inventory(conn: Connection, command: TellInventory) -> None:
        await tell_inventory(conn, command, now=clock.now())

    return Subscription(
        "marketplace.inventories",
        handlers={TellInventory: on_tell_inventory},
        every_community=True,
    )
