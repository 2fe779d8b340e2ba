"""Words of monitors, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.text import AmountText, Line

type MonitorKind = Literal["above", "below", "soft_limit", "rise", "fall"]

TRENDS: Final = ("rise", "fall")
WINDOW_SECONDS_MAX: Final = 365 * 24 * 60 * 60
#: Lines that one person, or one operator, watches at a time.
MONITORS_MAX: Final = 20
MONITORS_OF_OPERATOR_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Monitor:
    """A line, and where the account stood beside it when it was last looked at.

    Attributes:
        id: UUIDv7.
        owner_id: Who is told.
        account_id: Whose figure is watched.
        asset: Of the account.
        kind: `above`, `below`: the balance. `soft_limit`: what can be spent above the floor.
            `rise`, `fall`: how much the balance changed within the window.
        threshold_minor: The line.
        hysteresis_minor: How far the figure must come back before a crossing is told again.
        window_seconds: Of trends.
        label: The owner's name for it.
        beyond: Whether the figure is beyond the line, and that was told.
        seen_seq: The last entry that was looked at.
        crossings: How many were told.
    """

    id: UUID
    owner_id: UUID
    account_id: UUID
    asset: str
    kind: MonitorKind
    threshold_minor: int
    hysteresis_minor: int
    window_seconds: int | None
    label: str | None
    beyond: bool
    seen_seq: int
    crossings: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Point:
    """An entry as a monitor looks at it.

    Attributes:
        account_seq: Its place in the chain.
        transfer_id: What moved.
        at: When it was posted.
        balance_minor: After it.
        before_minor: The balance before it.
        held_minor: After it.
        floor_minor: Of the account, now.
        base_minor: The balance at the beginning of the window that ends with it.
    """

    account_seq: int
    transfer_id: UUID
    at: datetime
    balance_minor: int
    before_minor: int
    held_minor: int
    floor_minor: int | None
    base_minor: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line was crossed."""

    account_seq: int
    transfer_id: UUID
    observed_minor: int
    crossed_at: datetime


class WatchBalance(BaseModel):
    """A wish to be told when an account's figure crosses a line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: UUID
    kind: MonitorKind
    threshold: AmountText
    hysteresis: AmountText = "0"
    window_seconds: Annotated[int, Field(ge=1, le=WINDOW_SECONDS_MAX, strict=True)] | None = None
    label: Line | None = None

    @model_validator(mode="after")
    def _trends_have_windows(self) -> Self:
        if (self.kind in TRENDS) != (self.window_seconds is not None):
            raise ValueError("rise and fall have window_seconds; the other kinds have none")
        return self


class CrossingAnswer(BaseModel):
    """A crossing that was told."""

    account_seq: int
    transfer_id: UUID
    observed: str
    crossed_at: datetime


class MonitorAnswer(BaseModel):
    """A monitor as its owner sees it; `beyond` says on which side of the line the account is."""

    id: UUID
    account_id: UUID
    asset: str
    kind: MonitorKind
    threshold: str
    hysteresis: str
    window_seconds: int | None
    label: str | None
    beyond: bool
    crossings: int
    created_at: datetime
    ended_at: datetime | None
    newest: list[CrossingAnswer] = []


class MonitorsAnswer(BaseModel):
    """A page of monitors, newest first."""

    monitors: list[MonitorAnswer]
    next_cursor: str | None
