"""Words of reservations, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ledger.text import AmountText, AssetText, Line

type ReservationState = Literal["ACTIVE", "COMPLETED", "RELEASED", "EXPIRED"]

EXPIRES_AFTER_SECONDS = 30 * 60
EXPIRES_AFTER_SECONDS_MAX = 30 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """Money that somebody wants set aside.

    Attributes:
        id: UUIDv7, new for each wish.
        account_id: Whose money.
        asset: What the account holds.
        amount_minor: At least 1.
        expires_at: From then on it cannot be captured.
        to_account: The only account that it may be captured for; nothing leaves that open.
        memo: What it is for.
        created_by: The person behind it; nobody for the system itself.
    """

    id: UUID
    account_id: UUID
    asset: str
    amount_minor: int
    expires_at: datetime
    to_account: UUID | None = None
    memo: str | None = None
    created_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """Part of a reservation that is to be paid.

    Attributes:
        amount_minor: At least 1, at most what is left.
        to_account: Who gets it; may be left out where the reservation says it.
        final: Whether the rest is let go.
        captured_by: The person behind it; nobody for the system itself.
    """

    amount_minor: int
    to_account: UUID | None = None
    final: bool = False
    captured_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation as it stands."""

    id: UUID
    account_id: UUID
    asset: str
    amount_minor: int
    captured_minor: int
    released_minor: int
    state: ReservationState
    to_account: UUID | None
    memo: str | None
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime
    changed_at: datetime
    version: int
    moved_by: UUID

    @property
    def remaining_minor(self) -> int:
        """What is set aside still."""
        return self.amount_minor - self.captured_minor - self.released_minor


class ReserveMoney(BaseModel):
    """A wish to set money aside in one's main account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: UUID
    amount: AmountText
    asset: AssetText
    to_account: UUID | None = None
    expires_in_seconds: int = Field(
        default=EXPIRES_AFTER_SECONDS, ge=1, le=EXPIRES_AFTER_SECONDS_MAX, strict=True
    )
    memo: Line | None = None


class CaptureMoney(BaseModel):
    """A wish to pay from a reservation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: AmountText
    to_account: UUID | None = None
    final: bool = Field(default=False, strict=True)


class ReservationAnswer(BaseModel):
    """A reservation as a client sees it: `amount` is captured, released and remaining together."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    account_id: UUID
    asset: str
    amount: str
    captured: str
    released: str
    remaining: str
    state: ReservationState
    to_account: UUID | None
    memo: str | None
    version: int
    transfer_id: UUID
    created_at: datetime
    expires_at: datetime
    changed_at: datetime


class ReservationsAnswer(BaseModel):
    """A page of reservations, newest first."""

    model_config = ConfigDict(frozen=True)

    reservations: list[ReservationAnswer]
    next_cursor: UUID | None
