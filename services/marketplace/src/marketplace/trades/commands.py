"""What a trade asks of the ledger. Pure."""

from contracts.ledger import (
    FundEscrow,
    FundEscrowWithGifts,
    RefundEscrow,
    ReleaseEscrow,
    SplitEscrow,
)
from contracts.messages import Command
from marketplace.trades.models import Trade


def fund_of(trade: Trade) -> FundEscrow:
    """Set the agreed price aside, as much as was agreed out of the buyer's gifts."""
    terms = {
        "escrow_id": trade.id,
        "payer_id": trade.buyer_id,
        "payee_id": trade.seller_id,
        "amount_minor": trade.amount_minor,
        "asset": trade.asset,
    }
    if gift_minor := trade.paid_by_gifts_minor:
        return FundEscrowWithGifts.model_validate({**terms, "gift_minor": gift_minor})
    return FundEscrow.model_validate(terms)


def release_of(trade: Trade) -> ReleaseEscrow | SplitEscrow:
    """Pay the seller; what goes back to the buyer is a part of the same escrow."""
    if trade.refund_minor is None:
        return ReleaseEscrow(escrow_id=trade.id)
    return SplitEscrow(
        escrow_id=trade.id,
        payee_minor=trade.amount_minor - trade.refund_minor,
        payer_minor=trade.refund_minor,
        reason=trade.reason or "the seller agreed to refund a part",
    )


def awaited_command(trade: Trade) -> Command | None:
    """The command that the ledger owes an answer to; none while the trade waits for people."""
    if trade.amount_minor == 0:
        return None
    match trade.state:
        case "accepted":
            return fund_of(trade)
        case "confirmed":
            return release_of(trade)
        case "refunding":
            return RefundEscrow(escrow_id=trade.id, reason=trade.reason or "resumed")
        case _:
            return None
