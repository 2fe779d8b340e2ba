"""Ask the ledger again what a waiting trade has asked already."""

from uuid import UUID

from chassis.database import Connection
from chassis.operators import Office, keep_action
from chassis.outbox import emit
from contracts.messages import Command
from marketplace.trades import queries
from marketplace.trades.commands import awaited_command
from marketplace.trades.errors import IllegalStep, NoSuchTrade


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
        FundEscrow, ReleaseEscrow, SplitEscrow or RefundEscrow.
    """
    trade = await queries.lock_trade(conn, trade_id)
    if trade is None:
        raise NoSuchTrade(trade_id)
    command = awaited_command(trade)
    if command is None:
        raise IllegalStep("resume", trade.state, [])
    await keep_action(conn, office, "saga.resume", str(trade_id))
    await emit(conn, command)
    return command
