"""Words of transfers for later, how they look to a client, and what becomes of them. Pure.

PENDING -> POSTED | FAILED when it is due, or CANCELLED before; the first wins.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chassis.problems import Problem
from contracts.ledger_accounts import (
    ScheduledTransferCancelled,
    ScheduledTransferFailed,
    ScheduledTransferPosted,
    TransferScheduled,
)
from contracts.messages import Event
from contracts.money import render_amount
from ledger.transfers.errors import ScheduledOver

type ScheduledState = Literal["PENDING", "POSTED", "FAILED", "CANCELLED"]

HORIZON: Final = timedelta(days=366)
#: Pending ones that a person may have.
PENDING_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A transfer for later as it stands."""

    id: UUID
    owner_id: UUID
    from_account: UUID
    to_account: UUID
    asset: str
    amount_minor: int
    memo: str | None
    effective_at: datetime
    state: ScheduledState
    transfer_id: UUID | None
    problem: str | None
    detail: str | None
    created_at: datetime
    changed_at: datetime
    version: int
    correlation_id: str | None


class ScheduledAnswer(BaseModel):
    """A transfer for later as a client sees it; `problem` and `detail` say why it failed."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    state: ScheduledState
    from_account: UUID
    to_account: UUID
    amount: str
    asset: str
    memo: str | None
    effective_at: datetime
    transfer_id: UUID | None
    problem: str | None
    detail: str | None
    created_at: datetime
    changed_at: datetime
    version: int


class ScheduledPageAnswer(BaseModel):
    """A page of transfers for later, newest first."""

    model_config = ConfigDict(frozen=True)

    scheduled_transfers: list[ScheduledAnswer]
    next_cursor: UUID | None


def settle(found: Scheduled, outcome: UUID | Problem | None, now: datetime) -> Scheduled:
    """What becomes of a transfer for later.

    Args:
        found: While it is locked.
        outcome: The transfer that carried it out, or why there can be none; nothing when it is
            called off.
        now: The clock's time.

    Raises:
        ScheduledOver: It has ended already.
    """
    if found.state != "PENDING":
        raise ScheduledOver(f"it is {found.state}", state=found.state)
    after = replace(found, changed_at=now, version=found.version + 1)
    if outcome is None:
        return replace(after, state="CANCELLED")
    if isinstance(outcome, Problem):
        return replace(after, state="FAILED", problem=outcome.slug(), detail=outcome.detail)
    return replace(after, state="POSTED", transfer_id=outcome)


def scheduled_event(found: Scheduled) -> Event:
    """What is said about the state it is in."""
    said = {
        "scheduled_transfer_id": found.id,
        "version": found.version,
        "owner_id": found.owner_id,
        "from_account": found.from_account,
        "to_account": found.to_account,
        "asset": found.asset,
        "amount_minor": found.amount_minor,
        "effective_at": found.effective_at,
    }
    match found.state:
        case "PENDING":
            return TransferScheduled.model_validate(said)
        case "POSTED":
            return ScheduledTransferPosted.model_validate(said | {"transfer_id": found.transfer_id})
        case "FAILED":
            return ScheduledTransferFailed.model_validate(
                said | {"problem": found.problem, "detail": found.detail}
            )
        case "CANCELLED":
            return ScheduledTransferCancelled.model_validate(said)


def render_scheduled(found: Scheduled) -> ScheduledAnswer:
    """A transfer for later as a client sees it."""
    return ScheduledAnswer(
        id=found.id,
        state=found.state,
        from_account=found.from_account,
        to_account=found.to_account,
        amount=render_amount(found.amount_minor, found.asset),
        asset=found.asset,
        memo=found.memo,
        effective_at=found.effective_at,
        transfer_id=found.transfer_id,
        problem=found.problem,
        detail=found.detail,
        created_at=found.created_at,
        changed_at=found.changed_at,
        version=found.version,
    )
