"""Words of statements, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ledger.accounts.models import EntryLine


@dataclass(frozen=True, slots=True)
class Period:
    """From a time, up to and without another, as far as it was known at a third."""

    begins: datetime
    ends: datetime
    known_at: datetime | None


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a page ends: entries are in order of effective time, then of number."""

    effective_at: datetime
    account_seq: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of a statement; `brought_minor` is the balance before its first entry."""

    account_id: UUID
    asset: str
    opening_minor: int
    brought_minor: int
    lines: tuple[EntryLine, ...]
    closing_minor: int
    more: bool


class StatementLine(BaseModel):
    """An entry of a statement, with the balance by effective date after it."""

    model_config = ConfigDict(frozen=True)

    seq: int
    transfer_id: UUID
    kind: str
    amount: str
    balance: str
    memo: str | None
    effective_at: datetime
    posted_at: datetime


class StatementAnswer(BaseModel):
    """A statement: over all its pages, opening and amounts add up to closing."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    account_id: UUID
    asset: str
    begins: datetime
    ends: datetime
    known_at: datetime
    opening: str
    brought_forward: str
    entries: list[StatementLine]
    carried_forward: str
    closing: str
    next_cursor: str | None
