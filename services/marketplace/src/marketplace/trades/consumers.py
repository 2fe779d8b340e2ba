"""What trades hear: the ledger's escrow events, and their own deadlines."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.service import Resources
from chassis.subscription import Subscription
from chassis.timers import TimerHandler
from contracts.ledger import EscrowFunded, EscrowRefunded, EscrowRefused, EscrowReleased
from contracts.messages import Message
from marketplace.items.lock import lock_items
from marketplace.trades import queries
from marketplace.trades.expire import expire_trade
from marketplace.trades.follow import EscrowEvent, follow_escrow
from marketplace.trades.move import DEADLINE

TRADE_DEADLINES: Final[dict[str, TimerHandler]] = {DEADLINE: expire_trade}


def listen_to_escrow(resources: Resources) -> Sequence[Subscription]:
    """Hear what became of the trades' escrows."""
    patience = resources.settings.patience()

    async def on_escrow_event(conn: Connection, event: EscrowEvent) -> None:
        await follow_escrow(conn, event, now=resources.clock.now(), patience=patience)

    kinds: tuple[type[Any], ...] = (EscrowFunded, EscrowRefused, EscrowReleased, EscrowRefunded)
    return [
        Subscription(
            group="marketplace.trades",
            handlers=dict.fromkeys(kinds, on_escrow_event),
            prepare=lock_trades,
            in_turn=True,
            every_community=True,
        )
    ]


async def lock_trades(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
    """Lock a batch's trades, then their items, each in the order of ids, as everyone does."""
    trade_ids = {UUID(delivery.message.key()) for delivery in deliveries}
    await lock_items(conn, await queries.lock_many(conn, sorted(trade_ids)))
