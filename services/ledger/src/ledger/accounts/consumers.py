"""What accounts hear."""

from chassis.clock import Clock
from chassis.database import Connection
from chassis.ids import new_id
from chassis.subscription import Subscription
from contracts.gateway import UserRegistered
from ledger.accounts.models import LOCAL_ASSET, PERSONAL, Account
from ledger.accounts.open import open_accounts


def make_subscription(clock: Clock) -> Subscription:
    """Open accounts for everyone who registers."""

    async def on_user_registered(conn: Connection, message: UserRegistered) -> None:
        await open_accounts(
            conn,
            [
                Account(new_id(), message.user_id, kind, LOCAL_ASSET, message.community)
                for kind in PERSONAL
            ],
            now=clock.now(),
        )

    return Subscription(
        group="ledger.accounts", handlers={UserRegistered: on_user_registered}, rereads=True
    )
