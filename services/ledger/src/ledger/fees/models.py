"""Words of fees."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

type Tier = Literal["PLATFORM", "PROVIDER", "NETWORK", "COMPLIANCE", "PREMIUM"]
type RuleKind = Literal["percentage", "flat", "tiered"]
type Operation = Literal["transfer", "escrow.release", "exchange"]

#: In the order in which they are taken.
TIERS: Final[tuple[Tier, ...]] = ("PLATFORM", "PROVIDER", "NETWORK", "COMPLIANCE", "PREMIUM")


@dataclass(frozen=True, slots=True)
class Bracket:
    """A part of the amount, up to a bound, and its share; without a bound, all the rest."""

    up_to_minor: int | None
    bps: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What one tier takes.

    Attributes:
        tier: Whose fee it is.
        kind: `percentage` has one bracket without bound, `tiered` several, `flat` none.
        brackets: Bounds go up; each part of the amount is priced by its own bracket.
        flat_minor: Taken whatever the amount.
        min_minor: At least this.
        max_minor: At most this.
    """

    tier: Tier
    kind: RuleKind
    brackets: tuple[Bracket, ...] = ()
    flat_minor: int = 0
    min_minor: int = 0
    max_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One version of a price list: for an operation, in some or any asset and community."""

    id: UUID | None
    operation: str
    asset: str | None
    community: str | None
    valid_from: datetime | None
    rules: tuple[Rule, ...]
    reason: str = ""
    created_by: UUID | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fee:
    """What one tier takes of one amount."""

    tier: Tier
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """An amount in its parts: the fees and what the payee gets add up to it.

    Attributes:
        amount_minor: The whole.
        fees: Those above zero, a tier each.
        schedule_id: What priced it; nothing for the built-in price.
        quote_id: The promise that was kept, if there was one.
    """

    amount_minor: int
    fees: tuple[Fee, ...] = ()
    schedule_id: UUID | None = None
    quote_id: UUID | None = None

    @property
    def fee_minor(self) -> int:
        """All fees together."""
        return sum(fee.amount_minor for fee in self.fees)

    @property
    def net_minor(self) -> int:
        """What the payee gets."""
        return self.amount_minor - self.fee_minor

    def metadata(self) -> Mapping[str, Any]:
        """What a transfer keeps of it: nothing when nothing is taken."""
        if not self.fees:
            return {}
        kept: dict[str, Any] = {
            "items": [[fee.tier, str(fee.amount_minor)] for fee in self.fees],
            "schedule_id": str(self.schedule_id) if self.schedule_id else None,
        }
        if self.quote_id:
            kept["quote_id"] = str(self.quote_id)
        return {"fees": kept}


@dataclass(frozen=True, slots=True)
class Quote:
    """A price that somebody was promised until a time."""

    id: UUID
    owner_id: UUID
    operation: str
    asset: str
    community: str
    price: Price
    created_at: datetime
    expires_at: datetime
