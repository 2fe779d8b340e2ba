"""Words of reports, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from contracts.marketplace import ItemStatus
from marketplace.text import Remark

Ground = Literal["prohibited", "unsafe", "fraud", "misleading", "offensive", "spam", "other"]
Decision = Literal["dismiss", "hide", "restore"]

#: Reports of one person within a day.
REPORTS_MAX: Final = 20
#: Reports that one decision settles, and a list of them shows.
DECIDED_MAX: Final = 1000


class ReportBody(BaseModel):
    """Why an item breaks the rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ground: Ground
    details: Remark | None = None

    @model_validator(mode="after")
    def _other_in_words(self) -> Self:
        if self.ground == "other" and self.details is None:
            raise ValueError("details: say what is wrong")
        return self


class DecisionBody(BaseModel):
    """What becomes of a reported item, and why: the seller is told the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Decision
    reason: Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as it was made."""

    id: UUID
    item_id: UUID
    item_version: int
    seller_id: UUID
    community: str
    reporter_id: UUID
    ground: Ground
    details: str | None
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it was made; `reports` is how many it settled."""

    id: UUID
    item_id: UUID
    item_version: int
    seller_id: UUID
    community: str
    decision: Decision
    reason: str
    reports: int
    decided_by: UUID
    decided_at: datetime


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReportReceipt(_View):
    """What a reporter keeps."""

    id: UUID
    item_id: UUID
    ground: Ground
    reported_at: datetime


class ReportView(_View):
    """A report as operators see it; without a decision it is open."""

    id: UUID
    item_version: int
    reporter_id: UUID
    ground: Ground
    details: str | None
    reported_at: datetime
    decision_id: UUID | None


class OwnReport(_View):
    """A report of one's own; what was decided is the operators' and the seller's."""

    id: UUID
    item_id: UUID
    item_version: int
    ground: Ground
    details: str | None
    reported_at: datetime
    decided: bool


class OwnReports(_View):
    """A page of one's own reports, newest first."""

    reports: list[OwnReport]
    next_cursor: str | None


class DecisionView(_View):
    """A decision as operators see it."""

    id: UUID
    item_id: UUID
    decision: Decision
    reason: str
    reports: int
    decided_by: UUID
    decided_at: datetime


class Case(_View):
    """All that operators know against an item, oldest first."""

    item_id: UUID
    hidden: bool
    reports: list[ReportView]
    decisions: list[DecisionView]


class QueuedItem(_View):
    """An item with open reports."""

    item_id: UUID
    title: str
    seller_id: UUID
    status: ItemStatus
    hidden: bool
    open_reports: int
    grounds: dict[str, int]
    first_reported_at: datetime


class Queue(_View):
    """Items with open reports, longest waiting first."""

    items: list[QueuedItem]
    next_cursor: str | None
