"""Find one's own trade, and the step that an action makes."""

from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.trades import queries
from marketplace.trades.errors import NoSuchTrade
from marketplace.trades.lifecycle import find_step, permit
from marketplace.trades.models import Action, Step, Trade


async def find_own_step(
    conn: Connection, trade_id: UUID, actor: Caller, action: Action
) -> tuple[Trade, Step]:
    """Lock a trade of the actor's and check that the action is theirs to take now.

    Args:
        conn: Open transaction; the lock lasts until it ends.
        trade_id: Which trade.
        actor: Who acts.
        action: What they want to do.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The trade's state has no such step.
        NotYourStep: The step is the other party's.
    """
    trade = await queries.lock_of_party(conn, trade_id, actor.community, actor.user_id)
    if trade is None:
        raise NoSuchTrade(trade_id)
    step = find_step(trade, action)
    permit(trade, step, actor.user_id)
    return trade, step
