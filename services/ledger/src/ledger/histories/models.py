"""Words of imported history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.moments import Moment
from ledger.text import AmountText, AssetText, Community, Exact, Line

ROWS_MAX: Final = 1_000
type Kind = Literal["TRANSFERS", "OPENING"]

#: An account: its id, `user:<id>` for a main account, `system:<name>` for an outside party.
Party = Annotated[str, StringConstraints(pattern=r"^(user:|system:)?[A-Za-z0-9._-]{1,60}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
_Reference = Annotated[str, StringConstraints(min_length=1, max_length=200), Exact]
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_.]{0,39}$")]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class TransferRow(_Row):
    """A transfer as another system had it."""

    reference: _Reference
    effective_at: Moment
    source: Annotated[Party, Field(alias="from")]
    destination: Annotated[Party, Field(alias="to")]
    amount: AmountText
    asset: AssetText
    kind: _Word = "history"
    memo: Line | None = None

    @model_validator(mode="after")
    def _own_kinds(self) -> Self:
        if self.kind.startswith(("escrow.", "reservation.", "reversal")):
            raise ValueError("kinds of our own processes cannot be imported")
        return self


class OpeningRow(_Row):
    """What an account had when the books were begun; below zero it owed."""

    account: Party
    amount: AmountText
    asset: AssetText
    effective_at: Moment


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as it was read, or why it could not be."""

    line: int
    values: dict[str, Any]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A row that can be read: who pays whom how much, and when it took effect."""

    reference: str
    effective_at: datetime
    source: str
    destination: str
    amount_minor: int
    asset: str
    kind: str
    memo: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not posted, and why."""

    row_number: int
    line: int
    reference: str | None
    field: str | None
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class HistoryImport:
    """An import and how far it is: rows are counted in the order of the file."""

    id: UUID
    name: str
    kind: Kind
    community: str
    content_hash: bytes | None
    started_by: UUID | None
    started_at: datetime
    rows_done: int
    posted: int
    refused: int


@dataclass(frozen=True, slots=True)
class Tie:
    """What opening balances came to in an asset, and what their account says of it.

    Attributes:
        asset: Its code.
        entered_minor: What was posted for this import.
        account_minor: What the account of opening balances gave in all; the same, or more if
            several imports opened.
    """

    asset: str
    entered_minor: int
    account_minor: int


class BeginImport(BaseModel):
    """An operator's wish to bring in history."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Kind = "TRANSFERS"
    community: Community


class BringRows(BaseModel):
    """Rows of an import, in order: the first one is the `first`th, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # What every reader of JSON can tell from its neighbours.
    first: Annotated[int, Field(ge=1, lt=2**53)]
    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=ROWS_MAX)]


class RefusalAnswer(BaseModel):
    """A row that was refused."""

    row: int
    line: int
    reference: str | None
    field: str | None
    rule: str
    message: str


class ImportAnswer(BaseModel):
    """An import and how far it is."""

    id: UUID
    name: str
    kind: Kind
    community: str
    started_at: datetime
    rows_done: int
    posted: int
    refused: int
    refusals: list[RefusalAnswer]
