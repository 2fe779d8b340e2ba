"""Words of reconciliation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ledger.reconciliation.mapping import CsvMapping
from ledger.reconciliation.rules import Rule

type Side = Literal["LINE", "ENTRY"]
type Format = Literal["csv", "camt.053", "mt940"]
type DecisionKind = Literal["MATCH", "WRITE_OFF", "IGNORE", "UNDO"]
type RunState = Literal["ACTIVE", "PAUSED", "DONE"]


@dataclass(frozen=True, slots=True)
class Setup:
    """How an account is reconciled; a new version replaces the one before, none is edited."""

    account_id: UUID
    version: int
    asset: str
    community: str
    mirrored: bool
    external_account: str
    csv_mapping: CsvMapping | None
    rules: tuple[Rule, ...]
    group_days: int | None
    reference_key: str
    write_off_limit_minor: int
    reason: str
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as imported; balances in the account's sign."""

    account_id: UUID
    seq: int
    file_name: str
    format: Format
    statement_ref: str
    opening_minor: int
    closing_minor: int
    opened_on: date
    closed_on: date
    line_count: int
    last_number: int
    imported_by: UUID
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a statement or an entry of the account, in the account's sign."""

    side: Side
    number: int
    amount_minor: int
    booked_on: date
    reference: str
    details: str
    transfer_id: UUID | None = None
    statement_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What settles items together.

    Attributes:
        id: UUIDv7.
        kind: MATCH, WRITE_OFF, IGNORE or UNDO.
        strategy: exact, rule:<name>, reference, subset or manual.
        lines: Numbers of lines.
        entries: Numbers of entries.
        lines_minor: Sum of the lines.
        entries_minor: Sum of the entries.
        tolerance_minor: By how much the sums may differ.
        reason: Why, in words.
        run_id: The run that decided, if no person did.
        decided_by: The operator who decided.
        approved_by: A second one, for large write-offs.
        transfer_id: What a write-off posted.
        limit_minor: Up to which a write-off needed no second operator.
        written_off_minor: What was written off, without its sign.
        undoes: The decision that this one undoes.
    """

    id: UUID
    kind: DecisionKind
    strategy: str
    lines: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    lines_minor: int = 0
    entries_minor: int = 0
    tolerance_minor: int = 0
    reason: str = ""
    run_id: UUID | None = None
    decided_by: UUID | None = None
    approved_by: UUID | None = None
    transfer_id: UUID | None = None
    limit_minor: int | None = None
    written_off_minor: int | None = None
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of all strategies over what is open; `cursor` is where it stands in its phase."""

    id: UUID
    account_id: UUID
    setup_version: int
    state: RunState
    phase: int
    cursor: int
    examined: int
    total: int
    matched: Mapping[str, int]
    started_by: UUID
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """A write-off that waits for a second operator."""

    id: UUID
    account_id: UUID
    lines: tuple[int, ...]
    entries: tuple[int, ...]
    amount_minor: int
    reason: str
    state: Literal["PROPOSED", "APPROVED", "REJECTED"]
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None = None
    decision_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line may be matched with."""

    number: int
    reference: str | None
    amount_minor: int
    booked_on: date
    days: int = 0
    tolerance_minor: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open item that fits another one."""

    wanted: int
    number: int
    amount_minor: int
    booked_on: date


@dataclass(frozen=True, slots=True)
class Sums:
    """What the books and the statements say at the end of a statement's last day.

    Attributes:
        balance_minor: Of the account, from its chain.
        closing_minor: Of the statement, as the bank says.
        before_minor: Of the account before its first statement.
        opening_minor: Of the first statement, as the bank says.
        unseen_minor: Entries that no run has looked at yet.
        unmatched_entries: How many, and their sum.
        unmatched_lines: How many, and their sum.
        ignored_entries: How many, and their sum.
        ignored_lines: How many, and their sum.
        matched_entries_minor: Entries settled with others.
        matched_lines_minor: Lines settled with others.
        tolerated_minor: Entries less lines, of matches that are whole by then.
    """

    balance_minor: int
    closing_minor: int
    before_minor: int
    opening_minor: int
    unseen_minor: int
    unmatched_entries: tuple[int, int]
    unmatched_lines: tuple[int, int]
    ignored_entries: tuple[int, int]
    ignored_lines: tuple[int, int]
    matched_entries_minor: int
    matched_lines_minor: int
    tolerated_minor: int

    @property
    def opening_difference_minor(self) -> int:
        """What the account had before, and the bank did not."""
        return self.before_minor - self.opening_minor

    @property
    def in_transit_minor(self) -> int:
        """Settled, but one side is in the books by then and the other is not."""
        return self.matched_entries_minor - self.matched_lines_minor - self.tolerated_minor

    @property
    def unexplained_minor(self) -> int:
        """What the balance is and no term explains: nothing, or the records are damaged."""
        explained = (
            self.closing_minor
            + self.opening_difference_minor
            + self.unseen_minor
            + self.unmatched_entries[1]
            - self.unmatched_lines[1]
            + self.ignored_entries[1]
            - self.ignored_lines[1]
            + self.tolerated_minor
            + self.in_transit_minor
        )
        return self.balance_minor - explained


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line as a file has it, in the bank's sign."""

    line: int
    amount_minor: int
    booked_on: date
    reference: str
    details: str


@dataclass(frozen=True, slots=True)
class FileStatement:
    """A statement as a file has it, in the bank's sign, with the line where it begins."""

    line: int
    external_account: str
    statement_ref: str
    opening_minor: int
    closing_minor: int
    opened_on: date
    closed_on: date
    lines: tuple[FileLine, ...] = field(default=(), repr=False)
