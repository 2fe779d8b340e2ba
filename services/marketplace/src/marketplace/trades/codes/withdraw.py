"""Do without a code."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.trades.codes import queries
from marketplace.trades.codes.find import find_code
from marketplace.trades.errors import NoCodeMade
from marketplace.trades.models import Trade


async def withdraw_code(conn: Connection, trade_id: UUID, actor: Caller) -> Trade:
    """The buyer agrees to a hand-over without a code; the seller agrees by handing over so.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The buyer.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The escrow is not funded, or the item was handed over.
        NotYourStep: The actor is the seller.
        NoCodeMade: There is none to withdraw.
    """
    trade, code = await find_code(conn, trade_id, actor, "withdraw-code")
    if code is None or code.state != "open":
        raise NoCodeMade
    await queries.update_code(conn, replace(code, state="withdrawn"))
    return trade
