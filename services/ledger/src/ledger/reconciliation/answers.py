"""What operators get."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.money import render_amount
from ledger.reconciliation.mapping import CsvMapping
from ledger.reconciliation.matching.lifecycle import phases_of
from ledger.reconciliation.models import Decision, Item, Proposal, Run, Setup, Statement
from ledger.reconciliation.rules import Rule
from ledger.reconciliation.summing.sum_up import Summary


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class SetupAnswer(_Answer):
    """How an account is reconciled."""

    account_id: UUID
    version: int
    asset: str
    mirrored: bool
    external_account: str
    csv_mapping: CsvMapping | None
    rules: list[Rule]
    group_days: int | None
    reference_key: str
    write_off_limit: str
    reason: str
    created_by: UUID
    created_at: datetime

    @classmethod
    def of(cls, setup: Setup) -> Self:
        """As a client sees it."""
        return cls.model_validate(
            {
                "write_off_limit": render_amount(setup.write_off_limit_minor, setup.asset),
                **{name: getattr(setup, name) for name in cls.model_fields if hasattr(setup, name)},
            }
        )


class StatementAnswer(_Answer):
    """A statement, in the account's sign."""

    seq: int
    file_name: str
    format: str
    statement_ref: str
    opening: str
    closing: str
    opened_on: date
    closed_on: date
    line_count: int
    imported_by: UUID
    imported_at: datetime

    @classmethod
    def of(cls, one: Statement, asset: str) -> Self:
        """As a client sees it."""
        return cls.model_validate(
            {
                "opening": render_amount(one.opening_minor, asset),
                "closing": render_amount(one.closing_minor, asset),
                **{name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)},
            }
        )


class ImportAnswer(_Answer):
    """What came of a file."""

    outcome: str
    line_count: int
    statements: list[StatementAnswer]


class RunAnswer(_Answer):
    """A run and how far it is."""

    id: UUID
    account_id: UUID
    setup_version: int
    state: str
    phase: str
    phase_number: int
    phases: int
    examined: int
    total: int
    matched: dict[str, int]
    started_by: UUID
    started_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, run: Run, setup: Setup) -> Self:
        """As a client sees it; `setup` is the version that the run keeps to."""
        phases = phases_of(setup)
        return cls.model_validate(
            {
                **{name: getattr(run, name) for name in cls.model_fields if hasattr(run, name)},
                "phase": phases[run.phase].name,
                "phase_number": run.phase + 1,
                "phases": len(phases),
            }
        )


class ItemAnswer(_Answer):
    """A line or an entry that nobody has settled."""

    side: str
    number: int
    amount: str
    booked_on: date
    reference: str
    details: str
    statement: int | None
    transfer_id: UUID | None

    @classmethod
    def of(cls, item: Item, asset: str) -> Self:
        """As a client sees it."""
        return cls(
            side=item.side,
            number=item.number,
            amount=render_amount(item.amount_minor, asset),
            booked_on=item.booked_on,
            reference=item.reference,
            details=item.details,
            statement=item.statement_seq,
            transfer_id=item.transfer_id,
        )


class DecisionAnswer(_Answer):
    """A decision: who or what, and why."""

    id: UUID
    kind: str
    strategy: str
    lines: list[int]
    entries: list[int]
    lines_sum: str
    entries_sum: str
    reason: str
    run_id: UUID | None
    decided_by: UUID | None
    approved_by: UUID | None
    transfer_id: UUID | None
    undoes: UUID | None
    undone: bool
    decided_at: datetime

    @classmethod
    def of(cls, one: Decision, asset: str, at: datetime, *, undone: bool = False) -> Self:
        """As a client sees it."""
        return cls.model_validate(
            {
                **{name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)},
                "lines_sum": render_amount(one.lines_minor, asset),
                "entries_sum": render_amount(one.entries_minor, asset),
                "undone": undone,
                "decided_at": at,
            }
        )


class ProposalAnswer(_Answer):
    """A write-off that waits, or has waited, for a second operator."""

    id: UUID
    state: str
    lines: list[int]
    entries: list[int]
    amount: str
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decision_id: UUID | None

    @classmethod
    def of(cls, one: Proposal, asset: str) -> Self:
        """As a client sees it."""
        return cls.model_validate(
            {
                **{name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)},
                "amount": render_amount(one.amount_minor, asset),
            }
        )


class Group(_Answer):
    """How many, and their sum."""

    count: int
    sum: str


class SummaryAnswer(_Answer):
    """`balance` is the sum of all terms below it, or `unexplained` says by how much it is not.

    Lines count against the closing balance: the bank has them, the books do not.
    """

    account_id: UUID
    asset: str
    statement: int
    closed_on: date
    ties_out: bool
    balance: str
    closing: str
    opening_difference: str
    unmatched_entries: Group
    unmatched_lines: Group
    ignored_entries: Group
    ignored_lines: Group
    tolerated: str
    in_transit: str
    not_looked_at: str
    unexplained: str

    @classmethod
    def of(cls, summary: Summary) -> Self:
        """As a client sees it."""
        sums, asset = summary.sums, summary.setup.asset

        def text(minor: int) -> str:
            return render_amount(minor, asset)

        def group(found: tuple[int, int]) -> Group:
            return Group(count=found[0], sum=text(found[1]))

        return cls(
            account_id=summary.setup.account_id,
            asset=asset,
            statement=summary.statement.seq,
            closed_on=summary.statement.closed_on,
            ties_out=sums.unexplained_minor == 0,
            balance=text(sums.balance_minor),
            closing=text(sums.closing_minor),
            opening_difference=text(sums.opening_difference_minor),
            unmatched_entries=group(sums.unmatched_entries),
            unmatched_lines=group(sums.unmatched_lines),
            ignored_entries=group(sums.ignored_entries),
            ignored_lines=group(sums.ignored_lines),
            tolerated=text(sums.tolerated_minor),
            in_transit=text(sums.in_transit_minor),
            not_looked_at=text(sums.unseen_minor),
            unexplained=text(sums.unexplained_minor),
        )
