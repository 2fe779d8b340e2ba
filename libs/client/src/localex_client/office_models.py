"""What the system answers to operators: reports of search, rules, indices, mails, cases."""

from datetime import datetime
from typing import Any
from uuid import UUID

from localex_client.models import Answered


class SearchedWords(Answered):
    """Words that several people searched for."""

    q: str
    searches: int
    people: int
    ctr: float | None = None
    mean_position: float | None = None


class SlowSearch(Answered):
    """A search that took long."""

    q: str
    filters: dict[str, Any]
    took_ms: int
    hits: int
    searched_at: datetime


class SearchReport(Answered):
    """How a community searches."""

    community: str
    since: datetime
    searches: int
    people: int
    fruitless_share: float
    tolerant_share: float
    ctr: float
    mean_click_position: float | None
    took_ms_p50: float | None
    took_ms_p99: float | None
    popular: list[SearchedWords]
    fruitless: list[SearchedWords]
    slow: list[SlowSearch]


class SynonymRule(Answered):
    """A rule, and whether it holds."""

    id: UUID
    rule: str
    shipped: bool
    active: bool
    changed_by: UUID | None = None
    changed_at: datetime | None = None
    reason: str | None = None


class SynonymRules(Answered):
    """A page of rules, and how many there are."""

    rules: list[SynonymRule]
    total: int


class SynonymChange(Answered):
    """What was changed, by whom, and why."""

    change_id: int
    rule_id: UUID
    rule: str
    active: bool
    changed_by: UUID
    changed_at: datetime
    reason: str


class SwitchedRule(Answered):
    """A rule as it was switched."""

    id: UUID
    active: bool


class Reindexing(Answered):
    """An index that is being made, and how far it is."""

    id: UUID
    cause: str
    state: str
    index: str
    read: int
    total: int
    documents: int
    detail: str
    started_at: datetime
    changed_at: datetime
    ended_at: datetime | None


class Mail(Answered):
    """A mail, without its address and its words."""

    id: UUID
    user_id: UUID
    kind: str
    state: str
    attempts: int
    error: str | None
    created_at: datetime
    due_at: datetime
    done_at: datetime | None


class MailPage(Answered):
    """Mails, newest first."""

    mails: list[Mail]
    next_cursor: UUID | None


class Report(Answered):
    """A report of an item; without a decision it is open."""

    id: UUID
    item_version: int
    reporter_id: UUID
    ground: str
    details: str | None
    reported_at: datetime
    decision_id: UUID | None


class Decision(Answered):
    """What was decided about an item."""

    id: UUID
    item_id: UUID
    decision: str
    reason: str
    reports: int
    decided_by: UUID
    decided_at: datetime


class Case(Answered):
    """All that operators know against an item, oldest first."""

    item_id: UUID
    hidden: bool
    reports: list[Report]
    decisions: list[Decision]


class RoleChange(Answered):
    """A change of a person's roles."""

    version: int
    changed_by: UUID | None
    before: list[str]
    after: list[str]
    reason: str
    changed_at: datetime


class Roles(Answered):
    """A person's roles, and how they changed, newest first."""

    user_id: UUID
    roles: list[str]
    changes: list[RoleChange]
