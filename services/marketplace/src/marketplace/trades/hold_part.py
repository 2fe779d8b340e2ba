"""Hold a trade in which one has a part, for what other slices write about it."""

from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.trades import queries
from marketplace.trades.errors import NoSuchTrade
from marketplace.trades.models import Trade


async def hold_part(conn: Connection, trade_id: UUID, actor: Caller) -> Trade:
    """Lock a trade of the actor's, so that what is said of it has an order.

    Args:
        conn: Open transaction; the lock lasts until it ends.
        trade_id: Which trade.
        actor: One of its parties.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
    """
    trade = await queries.lock_of_party(conn, trade_id, actor.community, actor.user_id)
    if trade is None:
        raise NoSuchTrade(trade_id)
    return trade
