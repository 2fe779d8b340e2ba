"""Ask the ledger again what a waiting trade has asked already."""

from uuid import UUID

from chassis.database import Connection
from chassis.operators import Office, keep_action
from chassis.outbox import emit
from contracts.ledger import FundEscrow, RefundEscrow, ReleaseEscrow
from contracts.messages import Command
from marketplace.trades import queries
from marketplace.trades.errors import IllegalStep, NoSuchTrade
from marketplace.trades.models import Trade


async def resume_trade(conn: Connection, trade_id: UUID, office: Office) -> Command:
    """Send the command of the trade's state again, in case it was lost; the trade stays as it is.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        office: Who asks, and why; it is kept.

    Returns:
        What was sent: the ledger carries it out once, however often it comes.

    Raises:
        NoSuchTrade: There is none.
        IllegalStep: The trade does not wait for the ledger.

    Emits:
        FundEscrow, ReleaseEscrow or RefundEscrow.
    """
    trade = await queries.lock_trade(conn, trade_id)
    if trade is None:
        raise NoSuchTrade(trade_id)
    command = _asked(trade)
    if command is None:
        raise IllegalStep("resume", trade.state, [])
    await keep_action(conn, office, "saga.resume", str(trade_id))
    await emit(conn, command)
    return command


def _asked(trade: Trade) -> Command | None:
    match trade.state:
        case "accepted":
            return FundEscrow(
                escrow_id=trade.id,
                payer_id=trade.buyer_id,
                payee_id=trade.seller_id,
                amount_minor=trade.amount_minor,
                asset=trade.asset,
            )
        case "confirmed":
            return ReleaseEscrow(escrow_id=trade.id)
        case "refunding":
            return RefundEscrow(escrow_id=trade.id, reason=trade.reason or "resumed")
        case _:
            return None
