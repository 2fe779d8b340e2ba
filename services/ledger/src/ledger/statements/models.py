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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a whole statement says besides its entries; for ever the same, as known then."""

    account_id: UUID
    account_type: str
    community: str
    asset: str
    owner: str | None
    begins: datetime
    ends: datetime
    known_at: datetime
    opening_minor: int
    closing_minor: int
    entries: int
    #: The newest signed checkpoint of the log of transfers, a C2SP note.
    checkpoint: str | None = None

    @property
    def period(self) -> Period:
        """From when to when, as known when."""
        return Period(self.begins, self.ends, self.known_at)


@dataclass(frozen=True, slots=True)
class Side:
    """Whose account stood on the other side of an entry."""

    owner_id: UUID | None
    account_type: str
    name: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as a file shows it, with the balance by effective date after it."""

    line: EntryLine
    balance_minor: int
    others: str
