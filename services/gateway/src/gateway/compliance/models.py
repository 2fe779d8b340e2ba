"""Words of compliance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from contracts.gateway import CheckKind, CheckStatus

type Decision = Literal["APPROVED", "REJECTED"]
type Overriding = Literal["CLEAR", "REFUSED"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a person as it stands."""

    user_id: UUID
    kind: CheckKind
    status: CheckStatus
    provider: str
    reference: str | None = None
    risk_score: int | None = None
    flags: tuple[str, ...] = ()
    checked_at: datetime | None = None
    expires_at: datetime | None = None
    override_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a provider says of a person."""

    reference: str
    risk_score: int
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """A wish that a check has another outcome, and its decision."""

    id: UUID
    user_id: UUID
    kind: CheckKind
    status: Overriding
    reason: str
    requested_by: UUID
    requested_at: datetime
    decision: Decision | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None


def _said(text: str) -> str:
    if len(text.strip()) < 10:  # noqa: PLR2004 - the tables say so too
        raise ValueError("say in at least 10 characters why")
    return text.strip()


Reason = Annotated[str, StringConstraints(min_length=10, max_length=500), AfterValidator(_said)]


class ReasonBody(BaseModel):
    """Why somebody looks or acts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason


class OverrideBody(BaseModel):
    """Body of a wish to override."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Overriding
    reason: Reason


class CheckView(BaseModel):
    """A check, for operators."""

    model_config = ConfigDict(frozen=True)

    kind: CheckKind
    status: CheckStatus
    provider: str
    reference: str | None
    risk_score: int | None
    flags: list[str]
    checked_at: datetime | None
    expires_at: datetime | None
    override_id: UUID | None


class StandingView(BaseModel):
    """How a person stands, for operators."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    version: int
    restricted: bool
    checks: list[CheckView]


class CheckStarted(BaseModel):
    """A check has begun."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    kind: CheckKind


class OwnView(BaseModel):
    """One's own identification; what else is looked at is not told."""

    model_config = ConfigDict(frozen=True)

    identified: bool
    expires_at: datetime | None


class OverrideView(BaseModel):
    """A wish to override, and its decision."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    user_id: UUID
    kind: CheckKind
    status: Overriding
    reason: str
    requested_by: UUID
    requested_at: datetime
    decision: Decision | None
    decided_by: UUID | None
    decided_at: datetime | None


class OverridePage(BaseModel):
    """Wishes to override that wait, oldest first."""

    model_config = ConfigDict(frozen=True)

    overrides: list[OverrideView]
