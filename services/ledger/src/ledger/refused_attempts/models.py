"""Words of refused attempts, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.money import SCALES, render_amount


@dataclass(frozen=True, slots=True)
class RefusedAttempt:
    """An attempt to move money that left no other trace."""

    id: int
    attempted_at: datetime
    transfer_id: UUID
    kind: str
    initiated_by: UUID | None
    account_id: UUID | None
    asset: str | None
    rule: str
    limit_minor: int | None
    beyond_minor: int | None
    detail: str
    correlation_id: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which attempts: nothing means any. From a time up to and without another.

    Of a community are attempts at its accounts, and without an account those of its people.
    """

    account_id: UUID | None = None
    user_id: UUID | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    community: str | None = None


class RefusedAttemptAnswer(BaseModel):
    """A refused attempt as an operator sees it. `limit` is the rule's, `beyond` what broke it."""

    model_config = ConfigDict(frozen=True)

    id: int
    attempted_at: datetime
    transfer_id: UUID
    kind: str
    initiated_by: UUID | None
    account_id: UUID | None
    asset: str | None
    rule: str
    limit: str | None
    beyond: str | None
    detail: str
    correlation_id: str | None


class RefusedAttemptsAnswer(BaseModel):
    """A page of refused attempts, newest first."""

    model_config = ConfigDict(frozen=True)

    refused_attempts: list[RefusedAttemptAnswer]
    next_cursor: str | None


def render_attempt(attempt: RefusedAttempt) -> RefusedAttemptAnswer:
    """An attempt as a client sees it; figures of an asset that is unknown are left out."""

    def amount(minor: int | None) -> str | None:
        if minor is None or attempt.asset not in SCALES:
            return None
        return render_amount(minor, attempt.asset)

    return RefusedAttemptAnswer(
        id=attempt.id,
        attempted_at=attempt.attempted_at,
        transfer_id=attempt.transfer_id,
        kind=attempt.kind,
        initiated_by=attempt.initiated_by,
        account_id=attempt.account_id,
        asset=attempt.asset,
        rule=attempt.rule,
        limit=amount(attempt.limit_minor),
        beyond=amount(attempt.beyond_minor),
        detail=attempt.detail,
        correlation_id=attempt.correlation_id,
    )
