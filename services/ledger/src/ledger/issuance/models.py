"""Words of issuance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from contracts.money import render_amount
from ledger.text import AmountText, AssetText, Line

type RequestState = Literal["WAITING", "APPROVED", "REJECTED"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of an asset is made at most: by one operator alone, and in a community's day."""

    alone_max_minor: int
    day_max_minor: int


@dataclass(frozen=True, slots=True)
class Request:
    """A wish that a second operator has to approve.

    Attributes:
        id: UUIDv7.
        transfer_id: UUIDv7 of the transfer, once it is approved.
        account_id: Whose MAIN account.
        amount_minor: Above what one operator makes alone.
    """

    id: UUID
    transfer_id: UUID
    account_id: UUID
    asset: str
    amount_minor: int
    reason: str
    state: RequestState
    requested_by: UUID
    requested_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None


class IssueCredits(BaseModel):
    """An operator's wish to issue credits to a person or account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to_account: UUID | None = None
    to_user: UUID | None = None
    amount: AmountText
    asset: AssetText
    reason: Line

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        if (self.to_account is None) == (self.to_user is None):
            raise ValueError("give to_account or to_user, one of them")
        return self


class BurnCredits(BaseModel):
    """An operator's wish to take credits out of being."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_account: UUID
    amount: AmountText
    asset: AssetText
    reason: Line


class RequestAnswer(BaseModel):
    """A request as operators see it; `transfer_id` when it was approved."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    account_id: UUID
    amount: str
    asset: str
    reason: str
    state: RequestState
    requested_by: UUID
    requested_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    transfer_id: UUID | None

    @classmethod
    def of(cls, one: Request) -> Self:
        """Render a request."""
        return cls(
            id=one.id,
            account_id=one.account_id,
            amount=render_amount(one.amount_minor, one.asset),
            asset=one.asset,
            reason=one.reason,
            state=one.state,
            requested_by=one.requested_by,
            requested_at=one.requested_at,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
            transfer_id=one.transfer_id if one.state == "APPROVED" else None,
        )


class RequestsAnswer(BaseModel):
    """A page of requests, newest first."""

    model_config = ConfigDict(frozen=True)

    requests: list[RequestAnswer]
    next_cursor: UUID | None
