"""Words of the journal: what is wanted, what was posted, what was declined."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.outbox import Cause
from chassis.problems import Problem
from contracts.ledger import AccountType


@dataclass(frozen=True, slots=True)
class Movement:
    """One side of a wanted transfer: negative leaves the account, positive enters it.

    What is to be held is set aside in the account; negative lets it go again.
    """

    account_id: UUID
    asset: str
    amount_minor: int
    held_minor: int = 0


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that somebody wants moved; in each asset the movements sum to zero.

    Attributes:
        id: UUIDv7, new for each wish.
        kind: What it is for, such as `transfer` or `escrow.fund`.
        movements: Each account once; one alone can only hold money or let it go.
        initiated_by: The person or operator behind it; nobody for the system itself.
        effective_at: When it takes effect; nothing means when it is posted.
        not_before: The earliest `effective_at` that its sender may give.
        reverses: The transfer that this one corrects.
        metadata: Kept with the transfer, small.
        cause: What set it off; its event carries it on.
        group: Neighbours of one group are posted together or not at all.
    """

    id: UUID
    kind: str
    movements: tuple[Movement, ...]
    initiated_by: UUID | None = None
    effective_at: datetime | None = None
    reverses: UUID | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    cause: Cause = field(default_factory=Cause)
    not_before: datetime | None = None
    group: UUID | None = None


@dataclass(frozen=True, slots=True)
class Velocity:
    """The most that may go out of an account in a time, and what has gone out in it so far."""

    window_seconds: int
    limit_minor: int
    used_minor: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """An account's policies and newest entry, read under its lock. No entry yet is seq 0.

    What few accounts have comes last: a soft floor, and velocities in order of their windows.
    """

    account_id: UUID
    owner_id: UUID | None
    account_type: AccountType
    asset: str
    floor_minor: int | None
    ceiling_minor: int | None
    frozen: bool
    closed: bool
    account_seq: int
    balance_minor: int
    held_minor: int
    posted_at: datetime | None
    soft_floor_minor: int | None = None
    velocity: tuple[Velocity, ...] = ()
    #: Read only where decisions are made before the lock.
    policy_version: int = 0


class Head(NamedTuple):
    """What was decided on, to be compared with what is there: a number alone is not an entry."""

    account_id: UUID
    account_seq: int
    policy_version: int
    balance_minor: int
    held_minor: int
    posted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posted transfer, as the account's chain continues with it.

    `gone_minor` is what this batch sends or sets aside so far, where a velocity asks for it.
    """

    account_id: UUID
    owner_id: UUID | None
    account_type: AccountType
    asset: str
    account_seq: int
    amount_minor: int
    balance_after_minor: int
    held_after_minor: int
    held_minor: int = 0
    gone_minor: int = 0


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer that is in the books."""

    transfer: Transfer
    entries: tuple[Entry, ...]
    effective_at: datetime
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Declined:
    """A transfer that broke a rule, and by how much where that can be said."""

    transfer: Transfer
    problem: Problem
    account_id: UUID | None = None
    asset: str | None = None
    limit_minor: int | None = None
    beyond_minor: int | None = None


type Verdict = Posted | Declined
