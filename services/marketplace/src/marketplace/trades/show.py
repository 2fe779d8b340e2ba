"""Show one trade."""

from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.trades import queries
from marketplace.trades.errors import NoSuchTrade
from marketplace.trades.looks import look_past
from marketplace.trades.views import TradeView, view_trade


async def show_trade(conn: Connection, trade_id: UUID, viewer: Caller) -> TradeView:
    """A trade with its history.

    Args:
        conn: Any connection; nothing is written.
        trade_id: Which trade.
        viewer: A party to it, or an operator of its community.

    Raises:
        NoSuchTrade: There is none that the viewer may see.
    """
    sees_all = viewer.has("OPERATOR", "ADMIN")
    seen = await queries.select_seen(
        conn, trade_id, viewer.community, viewer.user_id, sees_all=sees_all
    )
    if seen is None:
        raise NoSuchTrade(trade_id)
    look_past(seen[0], viewer)
    steps = await queries.select_steps(conn, trade_id)
    view = view_trade(*seen, viewer.user_id, steps)
    if view.state != "funded":
        return view
    return view.model_copy(update={"code": await queries.select_standing(conn, trade_id)})
