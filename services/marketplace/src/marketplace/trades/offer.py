"""Offer something for an item."""

from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.timers import set_timer
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeOffered
from marketplace.items.errors import NoSuchItem, NotOnOffer, OutOfStock
from marketplace.items.models import Item
from marketplace.items.show import show_item
from marketplace.trades import queries
from marketplace.trades.errors import NotYoursToGive, OwnItem
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import deadline_after
from marketplace.trades.models import Given, Patience, TakenStep, Trade
from marketplace.trades.move import DEADLINE
from marketplace.trades.requests import GivenPiece, OfferBody
from marketplace.trades.terms import read_terms


async def offer_trade(
    conn: Connection, buyer: Caller, body: OfferBody, *, now: datetime, patience: Patience
) -> Trade:
    """Begin a trade with an offer. Nothing is set aside before both agree.

    An item with a price is offered credits for, out of gifts where it takes them; a gift is asked
    for; for what is up for barter one gives items of one's own, with or without credits on top.

    Args:
        conn: Open transaction; the caller commits.
        buyer: Who offers.
        body: How much for which item, or what one gives for it.
        now: When.
        patience: How long the offer stands.

    Raises:
        NoSuchItem: There is none on show in the buyer's community, or none to give.
        OwnItem: The buyer is the seller.
        NotForCredits: It is a gift, or for barter and nothing is given.
        NotForBarter: Items are given for what is not up for barter.
        Unnamed: The price is missing.
        Malformed: The amount is none of the asset, or zero; or the same item is given twice.
        AssetDiffers: The item's price is in another asset.
        GiftBeyondPrice: Gift credits would pay more than the price.
        NoGiftCredits: The item takes none.
        NotOnOffer: It is not active, or what is given is not.
        OutOfStock: Fewer pieces are left.
        NotYoursToGive: What is given is somebody else's.

    Emits:
        TradeOffered on `marketplace.trades.v1`.

    Source:
        spec 1, trading; docs/decisions/0070-gifts-and-barter-are-trades.md
    """
    item, _ = await show_item(conn, body.item_id, buyer)
    if item.seller_id == buyer.user_id:
        raise OwnItem("nobody trades with themselves")
    if item.status in ("draft", "withdrawn"):
        raise NoSuchItem(body.item_id)
    terms = read_terms(item.listing, body)
    _require(item, body.quantity)
    given = [await _given(conn, piece, buyer) for piece in body.gives]
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
        amount_minor=terms.amount_minor,
        asset=terms.asset,
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
        kind=terms.kind,
        gift_minor=terms.gift_minor,
        given=tuple(given),
    )
    await _write(conn, trade, now)
    return trade


def _require(item: Item, quantity: int) -> None:
    if item.status != "active":
        raise NotOnOffer(item.status)
    if item.available < quantity:
        raise OutOfStock(item.available, quantity)


async def _given(conn: Connection, piece: GivenPiece, buyer: Caller) -> Given:
    item, _ = await show_item(conn, piece.item_id, buyer)
    if item.seller_id != buyer.user_id:
        raise NotYoursToGive("give items of your own", field="gives", item_id=str(piece.item_id))
    _require(item, piece.quantity)
    return Given(item.id, item.listing.title, piece.quantity)


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
