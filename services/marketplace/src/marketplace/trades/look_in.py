"""Look into a trade, for what other slices show of it."""

from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.trades import queries
from marketplace.trades.errors import NoSuchTrade, NotDisputed
from marketplace.trades.looks import look_past
from marketplace.trades.models import Trade


async def look_in(conn: Connection, trade_id: UUID, viewer: Caller) -> Trade:
    """A trade whose words the viewer may read: a party, or an operator while it is disputed.

    Args:
        conn: Any connection; nothing is written.
        trade_id: Which trade.
        viewer: Who asks.

    Raises:
        NoSuchTrade: There is none that the viewer may see.
        NotDisputed: The viewer is an operator, and nobody asked operators to decide.
    """
    sees_all = viewer.has("OPERATOR", "ADMIN")
    seen = await queries.select_seen(
        conn, trade_id, viewer.community, viewer.user_id, sees_all=sees_all
    )
    if seen is None:
        raise NoSuchTrade(trade_id)
    trade = seen[0]
    if viewer.user_id not in (trade.buyer_id, trade.seller_id) and trade.state != "disputed":
        raise NotDisputed(trade.state)
    look_past(trade, viewer)
    return trade
