"""Offer credits for an item."""

from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import set_timer
from chassis.tokens import Caller
from contracts.marketplace import TradeOffered
from marketplace.items.errors import NoSuchItem, NotOnOffer, OutOfStock
from marketplace.items.show import show_item
from marketplace.trades import queries
from marketplace.trades.errors import NotForCredits, OwnItem
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import deadline_after
from marketplace.trades.models import Patience, TakenStep, Trade
from marketplace.trades.move import DEADLINE
from marketplace.trades.price import read_price
from marketplace.trades.requests import OfferBody


async def offer_trade(
    conn: Connection, buyer: Caller, body: OfferBody, *, now: datetime, patience: Patience
) -> Trade:
    """Begin a trade with an offer. Nothing is set aside before both agree.

    Args:
        conn: Open transaction; the caller commits.
        buyer: Who offers.
        body: How much for which item.
        now: When.
        patience: How long the offer stands.

    Raises:
        NoSuchItem: There is none on show in the buyer's community.
        OwnItem: The buyer is the seller.
        NotOnOffer: It is not active.
        NotForCredits: It is a gift or for barter.
        Malformed: The amount is none of the asset, or zero.
        AssetDiffers: The item's price is in another asset.
        OutOfStock: Fewer pieces are left.

    Emits:
        TradeOffered on `marketplace.trades.v1`.
    """
    item, _ = await show_item(conn, body.item_id, buyer)
    if item.seller_id == buyer.user_id:
        raise OwnItem("nobody trades with themselves")
    if item.status in ("draft", "withdrawn"):
        raise NoSuchItem(body.item_id)
    if item.listing.asset is None:
        raise NotForCredits(f"the item is a {item.listing.pricing}: it has no price in credits")
    amount_minor = read_price(body.amount, body.asset, item.listing.asset)
    if item.status != "active":
        raise NotOnOffer(item.status)
    if item.available < body.quantity:
        raise OutOfStock(item.available, body.quantity)
    deadline = deadline_after("offered", now, patience)
    trade = Trade(
        id=new_id(),
        version=1,
        state="offered",
        community=buyer.community,
        item_id=item.id,
        item_title=item.listing.title,
        buyer_id=buyer.user_id,
        seller_id=item.seller_id,
        quantity=body.quantity,
        amount_minor=amount_minor,
        asset=item.listing.asset,
        offered_by_id=buyer.user_id,
        message=body.message,
        reason=None,
        refusal_detail=None,
        fee_minor=None,
        refund_minor=None,
        proven_at=None,
        expires_at=deadline,
        created_at=now,
        changed_at=now,
    )
    await _write(conn, trade, now)
    return trade


async def _write(conn: Connection, trade: Trade, now: datetime) -> None:
    await queries.insert_trade(conn, trade)
    taken = TakenStep(
        version=1,
        action="offer",
        from_state=None,
        to_state="offered",
        by_id=trade.buyer_id,
        amount_minor=trade.amount_minor,
        reason=trade.message,
        taken_at=now,
    )
    await queries.insert_step(conn, trade.id, taken)
    if trade.expires_at is not None:
        await set_timer(conn, DEADLINE, str(trade.id), trade.expires_at)
    await emit(conn, TradeOffered(**facts_of(trade)))
