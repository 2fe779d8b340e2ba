"""Words of transfers for later, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

type ScheduledState = Literal["PENDING", "POSTED", "FAILED", "CANCELLED"]

HORIZON: Final = timedelta(days=366)
#: Pending ones that a person may have.
PENDING_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A transfer that somebody wants at a time.

    Attributes:
        id: UUIDv7, new for each wish.
        owner_id: The person whose account it leaves.
        from_account: Their MAIN account.
        to_account: Somebody's MAIN account.
        asset: Of both.
        amount_minor: At least 1; fees are taken of it when it is due.
        memo: What it is for.
        effective_at: After now.
        correlation_id: Of the request, which its events carry on.
    """

    id: UUID
    owner_id: UUID
    from_account: UUID
    to_account: UUID
    asset: str
    amount_minor: int
    memo: str | None
    effective_at: datetime
    correlation_id: str | None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A transfer for later as it stands."""

    id: UUID
    owner_id: UUID
    from_account: UUID
    to_account: UUID
    asset: str
    amount_minor: int
    memo: str | None
    effective_at: datetime
    state: ScheduledState
    transfer_id: UUID | None
    problem: str | None
    detail: str | None
    created_at: datetime
    changed_at: datetime
    version: int
    correlation_id: str | None


class ScheduledAnswer(BaseModel):
    """A transfer for later as a client sees it; `problem` and `detail` say why it failed."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    state: ScheduledState
    from_account: UUID
    to_account: UUID
    amount: str
    asset: str
    memo: str | None
    effective_at: datetime
    transfer_id: UUID | None
    problem: str | None
    detail: str | None
    created_at: datetime
    changed_at: datetime
    version: int


class ScheduledPageAnswer(BaseModel):
    """A page of transfers for later, newest first."""

    model_config = ConfigDict(frozen=True)

    scheduled_transfers: list[ScheduledAnswer]
    next_cursor: UUID | None
