"""Words of transfers as clients see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from ledger.moments import Moment
from ledger.text import AmountText, AssetText, Line


class SendMoney(BaseModel):
    """A wish to send money: to an account, or to a person's main account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_account: UUID
    to_account: UUID | None = None
    to_user: UUID | None = None
    amount: AmountText
    asset: AssetText
    memo: Line | None = None
    effective_at: Moment | None = None

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        if (self.to_account is None) == (self.to_user is None):
            raise ValueError("give to_account or to_user, one of them")
        return self


class ReverseTransfer(BaseModel):
    """An operator's wish to give a transfer back: all that is left of it, or a part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: AmountText | None = None
    reason: Line | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a transfer, and whose account it is."""

    account_id: UUID
    owner_id: UUID | None
    account_type: str
    asset: str
    amount_minor: int
    balance_after_minor: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A transfer in the books with all its sides."""

    id: UUID
    kind: str
    effective_at: datetime
    posted_at: datetime
    reverses: UUID | None
    metadata: dict[str, Any]
    sides: tuple[Side, ...]


class SideAnswer(BaseModel):
    """One side as a client sees it: the balance after it only of one's own account."""

    model_config = ConfigDict(frozen=True)

    account_id: UUID
    account_type: str
    amount: str
    asset: str
    balance_after: str | None


class TransferAnswer(BaseModel):
    """A transfer as a client sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    entries: list[SideAnswer]
    memo: str | None
    reason: str | None
    reverses: UUID | None
    effective_at: datetime
    posted_at: datetime
