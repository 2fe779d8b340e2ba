"""Find the code of one's own trade."""

from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.trades import queries as trades
from marketplace.trades.codes import queries
from marketplace.trades.codes.models import Code
from marketplace.trades.errors import IllegalStep, NoCodeInBarter, NoSuchTrade, NotYourStep
from marketplace.trades.models import Trade


async def find_code(
    conn: Connection, trade_id: UUID, actor: Caller, action: str
) -> tuple[Trade, Code | None]:
    """Lock a funded trade of the buyer's, and its code if one was made.

    Args:
        conn: Open transaction; the locks last until it ends.
        trade_id: Which trade.
        actor: The buyer.
        action: What they want to do with the code.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The escrow is not funded, or the item was handed over.
        NotYourStep: The actor is the seller.
        NoCodeInBarter: Both hand over, and both confirm.
    """
    trade = await trades.lock_of_party(conn, trade_id, actor.community, actor.user_id)
    if trade is None:
        raise NoSuchTrade(trade_id)
    if trade.state != "funded":
        raise IllegalStep(action, trade.state, [])
    if actor.user_id != trade.buyer_id:
        raise NotYourStep(action, "buyer")
    if trade.kind == "barter":
        raise NoCodeInBarter("hand over, and confirm what you got: the other does the same")
    return trade, await queries.lock_code(conn, trade_id)
