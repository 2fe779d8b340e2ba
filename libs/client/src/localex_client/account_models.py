"""What the ledger answers about accounts: policies, groups, statements, what was refused."""

from datetime import datetime
from typing import Any
from uuid import UUID

from localex_client.models import Answered
from localex_client.own_models import Ordered


class BalanceAt(Answered):
    """What an account had: by what was effective, as far as it was known."""

    account_id: UUID
    asset: str
    effective_at: datetime
    known_at: datetime
    balance: str
    available: str
    held: str


class Velocity(Answered):
    """The most that may go out within a window; `used` and `left` where they were asked for."""

    window_seconds: int
    limit: str
    used: str | None = None
    left: str | None = None


class Policy(Answered):
    """What an account may and may not, and why it was changed last."""

    account_id: UUID
    version: int
    floor: str | None
    soft_floor: str | None
    ceiling: str | None
    velocity: list[Velocity]
    accepts_gifts: bool
    frozen: bool
    closed: bool
    changed_at: datetime
    changed_by: UUID | None
    reason: str


class PolicyPage(Answered):
    """An account's policies as they were, newest first."""

    policies: list[Policy]
    next_cursor: str | None


class Group(Answered):
    """A group of accounts; `accounts` is how many are in it."""

    id: UUID
    owner_id: UUID
    name: str
    accounts: int
    version: int
    created_at: datetime


class GroupPage(Answered):
    """Groups, newest first."""

    groups: list[Group]
    next_cursor: UUID | None


class GroupMember(Answered):
    """An account that is, or was, in a group."""

    account_id: UUID
    added_at: datetime
    added_by: UUID
    removed_at: datetime | None
    removed_by: UUID | None


class GroupMemberPage(Answered):
    """Accounts of a group, in id order."""

    members: list[GroupMember]
    next_cursor: str | None


class Figure(Answered):
    """What the accounts of a group have in one asset."""

    asset: str
    accounts: int
    balance: str
    available: str
    held: str


class GroupBalance(Answered):
    """What a group had: a figure an asset, all of one moment."""

    group_id: UUID
    effective_at: datetime
    known_at: datetime
    members_at: datetime
    figures: list[Figure]


class StatementLine(Answered):
    """An entry of a statement, with the balance by effective date after it."""

    seq: int
    transfer_id: UUID
    kind: str
    amount: str
    balance: str
    memo: str | None
    effective_at: datetime
    posted_at: datetime


class Statement(Answered):
    """A page of a statement: over all pages, opening and amounts add up to closing."""

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


class OrderedStatement(Ordered):
    """A statement that is made as a file, and how far it is."""

    account_id: UUID
    form: str
    begins: datetime
    ends: datetime
    entries_done: int
    entries: int | None


class OrderedStatementPage(Answered):
    """Statements that one ordered, newest first."""

    statements: list[OrderedStatement]
    next_cursor: UUID | None


class Later(Answered):
    """A transfer for later; `problem` and `detail` say why it failed."""

    id: UUID
    state: str
    from_account: UUID
    to_account: UUID
    amount: str
    asset: str
    memo: str | None
    effective_at: datetime
    transfer_id: UUID | None
    problem: str | None
    detail: str | None
    version: int


class LaterPage(Answered):
    """Transfers for later, newest first."""

    scheduled_transfers: list[Later]
    next_cursor: UUID | None


class IssuanceRequest(Answered):
    """Credits that wait for a second operator, or what became of them."""

    id: UUID
    account_id: UUID
    amount: str
    asset: str
    reason: str
    state: str
    requested_by: UUID
    requested_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    transfer_id: UUID | None


class IssuanceRequestPage(Answered):
    """Requests to issue, newest first."""

    requests: list[IssuanceRequest]
    next_cursor: UUID | None


class RefusedAttempt(Answered):
    """An attempt that a rule refused: its limit, and what broke it."""

    id: int
    attempted_at: datetime
    transfer_id: UUID
    kind: str
    initiated_by: UUID | None
    account_id: UUID | None
    asset: str | None
    rule: str
    limit: str | None
    beyond: str | None
    detail: str


class RefusedAttemptPage(Answered):
    """Refused attempts, newest first."""

    refused_attempts: list[RefusedAttempt]
    next_cursor: str | None


class FeeSchedule(Answered):
    """A version of a price list."""

    id: UUID
    operation: str
    asset: str | None
    community: str | None
    valid_from: datetime
    rules: list[dict[str, Any]]
    reason: str
    created_by: UUID
    created_at: datetime


class FeeSchedulePage(Answered):
    """Versions, newest first; `builtin_bps` prices releases where none is in force."""

    schedules: list[FeeSchedule]
    builtin_bps: int
    next_cursor: str | None


class MadeExchange(Answered):
    """An exchange that one made; `amount` is what left the account, fees included."""

    transfer_id: UUID
    from_account: UUID
    to_account: UUID
    amount: str
    asset: str
    sold: str
    bought: str
    to_asset: str
    spread: str
    residue: str
    rate: str
    rate_id: UUID
    quote_id: UUID | None
    source: str
    spread_bps: int
    priced_at: datetime


class MadeExchangePage(Answered):
    """Exchanges, newest first."""

    exchanges: list[MadeExchange]
    next_cursor: UUID | None


class RefusedRow(Answered):
    """A row of an import that was not posted."""

    row: int
    line: int
    reference: str | None
    field: str | None
    rule: str
    message: str


class HistoryImport(Answered):
    """An import of history, and how far it is."""

    id: UUID
    name: str
    kind: str
    community: str
    started_at: datetime
    rows_done: int
    posted: int
    refused: int
    refusals: list[RefusedRow]
