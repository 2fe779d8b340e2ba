"""What is heard of trades and of escrows, a batch at a time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from chassis.clock import Clock
from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.ledger import EscrowFunded, EscrowRefunded, EscrowRefused, EscrowReleased
from contracts.marketplace_trades import (
    TradeAccepted,
    TradeCancelled,
    TradeConfirmed,
    TradeCountered,
    TradeDeclined,
    TradeDisputed,
    TradeExpired,
    TradeFunded,
    TradeHandedOver,
    TradeOffered,
    TradeRefundAgreed,
    TradeRefunded,
    TradeReleased,
    TradeResolved,
    TradeSideConfirmed,
    TradeSideHandedOver,
)
from contracts.messages import Message
from ledger.escrow.models import EscrowState
from ledger.reconciliation.trades.hear import hear
from ledger.reconciliation.trades.models import Terms, Told

TRADES: Final = (
    TradeAccepted,
    TradeCancelled,
    TradeConfirmed,
    TradeCountered,
    TradeDeclined,
    TradeDisputed,
    TradeExpired,
    TradeFunded,
    TradeHandedOver,
    TradeOffered,
    TradeRefundAgreed,
    TradeRefunded,
    TradeReleased,
    TradeResolved,
    TradeSideConfirmed,
    TradeSideHandedOver,
)
_STATES: Final[dict[type[Message], EscrowState]] = {
    EscrowFunded: "FUNDED",
    EscrowRefused: "REFUSED",
    EscrowReleased: "RELEASED",
    EscrowRefunded: "REFUNDED",
}


def make_subscription(clock: Clock, grace_seconds: int) -> Subscription:
    """Keep the newest of what is told of both sides."""

    async def on_trades_and_escrows(
        conn: Connection, deliveries: Sequence[Delivery[Message]]
    ) -> None:
        messages = [delivery.message for delivery in deliveries]
        await hear(
            conn,
            trades=[_trade(one) for one in messages if isinstance(one, TRADES)],
            escrows=[_escrow(one) for one in messages if type(one) in _STATES],
            grace=timedelta(seconds=grace_seconds),
            now=clock.now(),
        )

    return Subscription(
        group="ledger.reconciliation",
        batch=on_trades_and_escrows,
        messages=(*TRADES, *_STATES),
    )


def _trade(one: Any) -> Told[Any]:
    people = str(one.buyer_id), str(one.seller_id)
    terms = Terms(*people, one.asset, str(one.amount_minor), str(one.gift_minor))
    return Told(one.trade_id, one.version, one.state, terms, getattr(one, "fee_minor", None))


def _escrow(one: Any) -> Told[Any]:
    people = str(one.payer_id), str(one.payee_id)
    terms = Terms(*people, one.asset, str(one.amount_minor), str(one.gift_minor))
    state = _STATES[type(one)]
    return Told(one.escrow_id, one.version, state, terms, getattr(one, "fee_minor", None))
