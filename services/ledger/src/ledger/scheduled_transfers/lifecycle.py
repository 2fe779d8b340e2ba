"""What becomes of a transfer for later. Pure.

PENDING -> POSTED | FAILED when it is due, or CANCELLED before; the first wins.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.problems import Problem
from contracts.ledger_accounts import (
    ScheduledTransferCancelled,
    ScheduledTransferFailed,
    ScheduledTransferPosted,
    TransferScheduled,
)
from contracts.messages import Event
from contracts.money import render_amount
from ledger.scheduled_transfers.errors import ScheduledOver
from ledger.scheduled_transfers.models import Scheduled, ScheduledAnswer, Wanted


def begin(wanted: Wanted, now: datetime) -> Scheduled:
    """A transfer for later at its beginning."""
    return Scheduled(
        id=wanted.id,
        owner_id=wanted.owner_id,
        from_account=wanted.from_account,
        to_account=wanted.to_account,
        asset=wanted.asset,
        amount_minor=wanted.amount_minor,
        memo=wanted.memo,
        effective_at=wanted.effective_at,
        state="PENDING",
        transfer_id=None,
        problem=None,
        detail=None,
        created_at=now,
        changed_at=now,
        version=1,
        correlation_id=wanted.correlation_id,
    )


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


def event_of(found: Scheduled) -> Event:
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
