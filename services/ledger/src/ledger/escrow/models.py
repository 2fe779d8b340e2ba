"""Words of escrow."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from contracts.ledger import FundEscrow, RefundEscrow, ReleaseEscrow

type EscrowCommand = FundEscrow | ReleaseEscrow | RefundEscrow
type EscrowState = Literal["FUNDED", "REFUSED", "RELEASED", "REFUNDED"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Who pays whom how much."""

    payer_id: UUID
    payee_id: UUID
    asset: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Escrow:
    """An escrow as it stands. Without terms it was closed before anyone funded it."""

    id: UUID
    terms: Terms | None
    state: EscrowState
    version: int
    fee_minor: int | None = None
    funded_by: UUID | None = None
    settled_by: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fund:
    """Set the payer's money aside."""

    escrow_id: UUID
    terms: Terms


@dataclass(frozen=True, slots=True)
class Release:
    """Pay the payee, less the fee."""

    escrow: Escrow
    terms: Terms


@dataclass(frozen=True, slots=True)
class Refund:
    """Give the payer the money back."""

    escrow: Escrow
    terms: Terms
    reason: str


@dataclass(frozen=True, slots=True)
class CloseEmpty:
    """Close an escrow whose funding was refused: there is no money in it."""

    escrow: Escrow
    terms: Terms
    reason: str


@dataclass(frozen=True, slots=True)
class CloseUnknown:
    """Close an escrow that nobody has tried to fund yet."""

    escrow_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class RefuseLate:
    """Refuse to fund an escrow that was closed before."""

    escrow: Escrow
    terms: Terms


type Move = Fund | Release | Refund | CloseEmpty | CloseUnknown | RefuseLate
