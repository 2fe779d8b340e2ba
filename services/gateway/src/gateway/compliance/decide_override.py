"""Approve or reject what another operator asked for."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.timers import set_timer
from gateway.compliance import queries
from gateway.compliance.errors import NoSuchOverride, OverrideDecided, SecondPersonNeeded
from gateway.compliance.lifecycle import ends_at, timer_key
from gateway.compliance.models import Decision, Override
from gateway.compliance.settle import settle_check
from gateway.compliance.start import DUE


async def decide_override(
    conn: Connection, override_id: UUID, decision: Decision, by: UUID, *, now: datetime
) -> Override:
    """Decide about a wish; approved, the check has the status that was asked for.

    Args:
        conn: Open transaction; the caller commits.
        override_id: The wish.
        decision: Approved or rejected.
        by: Who decides.
        now: The clock's time.

    Raises:
        NoSuchOverride: Nobody asked for it.
        OverrideDecided: It was decided before.
        SecondPersonNeeded: The same operator asked for it, or it is about them.

    Emits:
        ComplianceChanged on `gateway.compliance.v1`, if it was approved.
    """
    found = await queries.lock_override(conn, override_id)
    if found is None:
        raise NoSuchOverride("nobody asked for it")
    if found.decision is not None:
        raise OverrideDecided(f"it was {found.decision.lower()} before", decision=found.decision)
    if by in (found.requested_by, found.user_id):
        raise SecondPersonNeeded("whoever asked does not decide, nor whom it is about")
    decided = replace(found, decision=decision, decided_by=by, decided_at=now)
    await queries.decide_override(conn, decided)
    if decision == "APPROVED":
        await queries.lock_standing(conn, found.user_id, now)
        before = (await queries.select_checks(conn, found.user_id))[found.kind]
        end = ends_at(found.kind, now)
        after = replace(before, status=found.status, expires_at=end, override_id=found.id)
        await settle_check(conn, after, now=now, by=by, reason=found.reason)
        await set_timer(conn, DUE, timer_key(found.user_id, found.kind), end)
    name = f"{found.user_id}/{found.kind}"
    told = f"compliance.override_{decision.lower()}"
    await record_acts(conn, Act(told, "compliance_check", name, after={"override_id": found.id}))
    return decided
