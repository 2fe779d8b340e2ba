"""Words of escrow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.ledger import FundEscrow, RefundEscrow, ReleaseEscrow, SplitEscrow
from ledger.fees.models import Price
from ledger.fees.requests import FeeAnswer

type EscrowCommand = FundEscrow | ReleaseEscrow | SplitEscrow | RefundEscrow
type EscrowState = Literal["FUNDED", "REFUSED", "RELEASED", "REFUNDED"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Who pays whom how much, and what of it out of the payer's gifts."""

    payer_id: UUID
    payee_id: UUID
    asset: str
    amount_minor: int
    gift_minor: int = 0


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
    refunded_minor: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptedPrice:
    """What the release of an escrow will cost, whenever it comes."""

    escrow_id: UUID
    price: Price
    accepted_by: UUID
    accepted_at: datetime


class AcceptPrice(BaseModel):
    """The payee's wish that a release costs what a quote promised."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fee_quote: UUID


class EscrowAnswer(BaseModel):
    """An escrow as its parties see it; `fees` are those that were accepted or taken.

    Of a split the payer has `refunded` back. `gift` is what of the amount came out of gifts.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    state: EscrowState
    version: int
    payer_id: UUID
    payee_id: UUID
    amount: str
    asset: str
    gift: str
    fee: str | None
    fees: list[FeeAnswer] | None
    fee_quote: UUID | None
    refunded: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Fund:
    """Set the payer's money aside."""

    escrow_id: UUID
    terms: Terms


@dataclass(frozen=True, slots=True)
class Release:
    """Pay the payee, less the fee; of a split the payer gets `refund_minor` of it back."""

    escrow: Escrow
    terms: Terms
    refund_minor: int = 0
    reason: str | None = None

    @property
    def paid_minor(self) -> int:
        """The payee's part, of which fees are taken."""
        return self.terms.amount_minor - self.refund_minor

    @property
    def gift_back_minor(self) -> int:
        """What goes back into gifts: other money goes back first."""
        return max(0, self.refund_minor - self.terms.amount_minor + self.terms.gift_minor)


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
