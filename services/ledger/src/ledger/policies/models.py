"""Words of policies, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.ledger import AccountType
from ledger.text import AmountText, Line

type Act = Literal["freeze", "unfreeze", "close", "reopen"]

WINDOWS_MAX = 5
WINDOW_SECONDS_MIN = 60
WINDOW_SECONDS_MAX = 31 * 24 * 60 * 60

#: Limits may be below zero.
SignedAmountText = Annotated[str, StringConstraints(max_length=60)]


@dataclass(frozen=True, slots=True)
class Policy:
    """What an account may and may not, at one version. No floor or ceiling means none."""

    account_id: UUID
    owner_id: UUID | None
    account_type: AccountType
    asset: str
    version: int
    floor_minor: int | None
    soft_floor_minor: int | None
    ceiling_minor: int | None
    #: Window in seconds, and the most that may go out in it; shortest first.
    velocity: tuple[tuple[int, int], ...]
    accepts_gifts: bool
    frozen: bool
    closed: bool
    changed_at: datetime
    changed_by: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in an account and what is agreed about it, read while it is locked."""

    balance_minor: int
    held_minor: int
    awaited: bool


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a velocity is used at a time."""

    window_seconds: int
    limit_minor: int
    used_minor: int


class VelocityWish(BaseModel):
    """The most that may go out within a rolling window."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_seconds: Annotated[int, Field(ge=WINDOW_SECONDS_MIN, le=WINDOW_SECONDS_MAX, strict=True)]
    limit: AmountText


class ChangeLimits(BaseModel):
    """Limits to change: what is left out stays, null takes a limit away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: SignedAmountText | None = None
    soft_floor: SignedAmountText | None = None
    ceiling: SignedAmountText | None = None
    velocity: Annotated[tuple[VelocityWish, ...], Field(max_length=WINDOWS_MAX)] | None = None
    accepts_gifts: bool | None = Field(default=None, strict=True)
    reason: Line

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.model_fields_set <= {"reason"}:
            raise ValueError("name a limit to change")
        windows = [one.window_seconds for one in self.velocity or ()]
        if len(set(windows)) < len(windows):
            raise ValueError("a window is there twice")
        if "accepts_gifts" in self.model_fields_set and self.accepts_gifts is None:
            raise ValueError("accepts_gifts is true or false")
        return self


class GiveReason(BaseModel):
    """Why an account is frozen, closed or opened again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Line


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class VelocityAnswer(_Answer):
    """A velocity; `used` and `left` now, where it was asked for."""

    window_seconds: int
    limit: str
    used: str | None = None
    left: str | None = None


class PolicyAnswer(_Answer):
    """What an account may and may not; who changed it last is for operators."""

    account_id: UUID
    version: int
    floor: str | None
    soft_floor: str | None
    ceiling: str | None
    velocity: list[VelocityAnswer]
    accepts_gifts: bool
    frozen: bool
    closed: bool
    changed_at: datetime
    changed_by: UUID | None
    reason: str


class PoliciesAnswer(_Answer):
    """A page of an account's policies as they were, newest first."""

    policies: list[PolicyAnswer]
    next_cursor: str | None
