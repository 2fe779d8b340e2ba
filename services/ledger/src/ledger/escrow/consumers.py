"""What escrow hears: commands, a batch at a time."""

from collections.abc import Sequence
from typing import cast

from chassis.clock import Clock
from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.outbox import Cause
from chassis.subscription import Subscription
from contracts.ledger import (
    FundEscrow,
    FundEscrowWithGifts,
    RefundEscrow,
    ReleaseEscrow,
    SplitEscrow,
)
from contracts.messages import Message
from ledger.escrow.carry_out import carry_out_commands
from ledger.escrow.models import EscrowCommand


def make_subscription(clock: Clock, fee_bps: int) -> Subscription:
    """Carry out commands over escrows."""

    async def on_escrow_commands(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
        commands = [
            (cast("EscrowCommand", delivery.message), _cause_of(delivery))
            for delivery in deliveries
        ]
        await carry_out_commands(conn, commands, now=clock.now(), fee_bps=fee_bps)

    return Subscription(
        group="ledger.escrow",
        batch=on_escrow_commands,
        messages=(FundEscrow, FundEscrowWithGifts, ReleaseEscrow, SplitEscrow, RefundEscrow),
    )


def _cause_of(delivery: Delivery[Message]) -> Cause:
    envelope = delivery.envelope
    return Cause(envelope.correlation_id, str(envelope.event_id), envelope.traceparent)
