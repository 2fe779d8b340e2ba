"""Write a check as it stands now, and tell what follows."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.outbox import emit
from contracts.gateway import ComplianceChanged
from gateway.compliance import queries
from gateway.compliance.lifecycle import restricts
from gateway.compliance.models import Check


async def settle_check(
    conn: Connection, after: Check, *, now: datetime, by: UUID | None = None, reason: str = ""
) -> bool:
    """Write a check, and whether the person is restricted by it; the person's row is locked.

    Args:
        conn: Open transaction; the caller commits.
        after: The check as it stands from now on.
        now: The clock's time.
        by: Who decided, where a person did.
        reason: Why, where a person did.

    Returns:
        Whether the person is restricted now.

    Emits:
        ComplianceChanged on `gateway.compliance.v1`, keyed by user.

    Source:
        docs/decisions/0059-compliance-freezes-through-policies.md
    """
    version, _ = await queries.lock_standing(conn, after.user_id, now)
    checks = await queries.select_checks(conn, after.user_id)
    before = checks.get(after.kind)
    checks[after.kind] = after
    restricted = restricts(checks.values())
    # The first version was taken when the row was made, and nothing was told of it yet.
    following = version + 1 if before or len(checks) > 1 else version
    await queries.upsert_check(conn, after)
    await queries.update_standing(conn, after.user_id, following, now, restricted=restricted)
    await record_acts(conn, _told(before, after, by, reason))
    await emit(
        conn,
        ComplianceChanged(
            user_id=after.user_id,
            version=following,
            kind=after.kind,
            status=after.status,
            restricted=restricted,
            changed_at=now,
        ),
    )
    return restricted


def _told(before: Check | None, after: Check, by: UUID | None, reason: str) -> Act:
    return Act(
        f"compliance.{after.status.lower()}",
        "compliance_check",
        f"{after.user_id}/{after.kind}",
        by=by,
        by_name=None if by else after.provider,
        before={"status": before.status} if before else None,
        after={
            "status": after.status,
            "risk_score": after.risk_score,
            "flags": list(after.flags),
            "override_id": after.override_id,
        },
        reason=reason or None,
    )
