"""Words of gifts, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from ledger.accounts.models import Account
from ledger.moments import Moment
from ledger.text import AmountText, AssetText, Line

type LotState = Literal["OPEN", "SPENT", "EXPIRED"]
type Direction = Literal["received", "given"]

EXPIRES_WITHIN_DAYS_MAX = 3_660
#: Gifts that one spending takes from; the rest waits for the next.
LOTS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Gift:
    """Credits that somebody gives.

    Attributes:
        transfer_id: UUIDv7, new for each wish; the gift's id, too.
        giver: Their MAIN account.
        receiver: The GIFT account of somebody else.
        amount_minor: At least 1.
        memo: What it is for.
        expires_at: From then on what is left returns; nothing means never.
    """

    transfer_id: UUID
    giver: Account
    receiver: Account
    amount_minor: int
    memo: str | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Spending:
    """Gift credits that somebody spends: from their GIFT account, to a MAIN that takes them."""

    transfer_id: UUID
    source: Account
    payee: Account
    amount_minor: int
    memo: str | None
    spent_by: UUID


@dataclass(frozen=True, slots=True)
class Lot:
    """A gift as it stands."""

    id: UUID
    account_id: UUID
    giver_account: UUID
    asset: str
    amount_minor: int
    remaining_minor: int
    state: LotState
    memo: str | None
    given_at: datetime
    expires_at: datetime | None
    changed_at: datetime
    version: int
    moved_by: UUID


class _TwoSides(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    from_account: UUID
    to_account: UUID | None = None
    to_user: UUID | None = None
    amount: AmountText
    asset: AssetText
    memo: Line | None = None

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        if (self.to_account is None) == (self.to_user is None):
            raise ValueError("give to_account or to_user, one of them")
        return self


class GiveGift(_TwoSides):
    """A wish to give: from one's MAIN account to a person's GIFT account."""

    expires_at: Moment | None = None


class SpendGifts(_TwoSides):
    """A wish to spend gift credits: to an account that accepts them."""


class GiftAnswer(BaseModel):
    """A gift as its giver and its receiver see it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    account_id: UUID
    giver_account: UUID
    amount: str
    remaining: str
    asset: str
    state: LotState
    memo: str | None
    given_at: datetime
    expires_at: datetime | None
    changed_at: datetime
    version: int
    transfer_id: UUID


class GiftsAnswer(BaseModel):
    """A page of gifts, newest first."""

    model_config = ConfigDict(frozen=True)

    gifts: list[GiftAnswer]
    next_cursor: UUID | None
