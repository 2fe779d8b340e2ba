"""Which states of a trade and of its escrow go together once all messages have come. Pure.

| trade | escrow |
| --- | --- |
| offered, declined, expired | none |
| funded, handed_over, disputed | FUNDED |
| released | RELEASED |
| refunded | REFUNDED |
| cancelled | none, REFUSED or REFUNDED |

A trade without a price, a gift or a barter without credits on top, has no escrow at all.

Accepted, confirmed and refunding wait for the ledger: they go with no escrow for long.
"""

from typing import Final

from contracts.ledger import DifferenceKind
from contracts.marketplace_trades import TradeState
from ledger.escrow.models import EscrowState
from ledger.reconciliation.trades.models import Agreement

SETTLED: Final[dict[TradeState, frozenset[EscrowState | None]]] = {
    "offered": frozenset({None}),
    "declined": frozenset({None}),
    "expired": frozenset({None}),
    "accepted": frozenset(),
    "funded": frozenset({"FUNDED"}),
    "handed_over": frozenset({"FUNDED"}),
    "disputed": frozenset({"FUNDED"}),
    "confirmed": frozenset(),
    "refunding": frozenset(),
    "released": frozenset({"RELEASED"}),
    "refunded": frozenset({"REFUNDED"}),
    "cancelled": frozenset({None, "REFUSED", "REFUNDED"}),
}


def compare(agreement: Agreement) -> dict[DifferenceKind, str]:
    """In which ways the two sides differ, each in words; nothing when they agree."""
    trade, escrow = agreement.trade, agreement.escrow
    if trade is None:
        state = escrow.state if escrow else "none"
        return {"escrow-without-trade": f"the escrow is {state}, and no trade was heard of"}
    if escrow is None:
        if None in SETTLED[trade.state] or trade.terms.amount_minor == "0":
            return {}
        return {"trade-without-escrow": f"the trade is {trade.state}, and no escrow was heard of"}
    if trade.terms.amount_minor == "0":
        return {"states-differ": f"the trade has no price, the escrow is {escrow.state}"}
    found: dict[DifferenceKind, str] = {}
    if escrow.state not in SETTLED[trade.state]:
        found["states-differ"] = f"the trade is {trade.state}, the escrow is {escrow.state}"
    if trade.terms != escrow.terms:
        found["terms-differ"] = (
            f"the trade is over {trade.terms.amount_minor} {trade.terms.asset}, the escrow over "
            f"{escrow.terms.amount_minor} {escrow.terms.asset} minor units, or between others"
        )
    both_over = trade.state == "released" and escrow.state == "RELEASED"
    if both_over and trade.fee_minor != escrow.fee_minor:
        found["fees-differ"] = (
            f"the trade tells a fee of {trade.fee_minor} minor units, the escrow of "
            f"{escrow.fee_minor}"
        )
    return found
