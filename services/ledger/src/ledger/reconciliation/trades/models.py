"""Words of agreements between trades and escrows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.ledger import DifferenceKind
from contracts.marketplace_trades import TradeState
from ledger.escrow.models import EscrowState


@dataclass(frozen=True, slots=True)
class Terms:
    """Who pays whom how much, and what of it out of gifts."""

    payer_id: str
    payee_id: str
    asset: str
    amount_minor: str
    gift_minor: str = "0"


@dataclass(frozen=True, slots=True)
class Told[S: (TradeState, EscrowState)]:
    """The newest that was told of one side."""

    trade_id: UUID
    version: int
    state: S
    terms: Terms
    fee_minor: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Both sides as told; nothing where nothing was."""

    trade_id: UUID
    trade: Told[TradeState] | None
    escrow: Told[EscrowState] | None
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two sides have not agreed for longer than the grace time."""

    trade_id: UUID
    kind: DifferenceKind
    detail: str
    found_at: datetime
    resolved_at: datetime | None = None
