"""Ask that a check has another outcome."""

from dataclasses import replace

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.compliance import queries
from gateway.compliance.errors import (
    NoSuchCheck,
    NoSuchPerson,
    OverrideOpen,
    SecondPersonNeeded,
)
from gateway.compliance.models import Override


async def ask_override(conn: Connection, wanted: Override) -> Override:
    """Write down a wish, which another operator decides.

    Args:
        conn: Open transaction; the caller commits.
        wanted: The wish.

    Raises:
        SecondPersonNeeded: It is about the operator themselves.
        NoSuchPerson: Nobody has this id.
        NoSuchCheck: The person was never checked for this.
        OverrideOpen: One waits already.
    """
    if wanted.requested_by == wanted.user_id:
        raise SecondPersonNeeded("nobody overrides a check of their own")
    if await queries.select_shown(conn, wanted.user_id) is None:
        raise NoSuchPerson("nobody has this id")
    await queries.lock_standing(conn, wanted.user_id, wanted.requested_at)
    if wanted.kind not in await queries.select_checks(conn, wanted.user_id):
        raise NoSuchCheck(f"{wanted.kind} was never checked; start a check first")
    if not await queries.insert_override(conn, wanted):
        raise OverrideOpen("decide that one first")
    after = {"status": wanted.status, "override_id": wanted.id}
    name = f"{wanted.user_id}/{wanted.kind}"
    act = Act("compliance.override_asked", "compliance_check", name, after=after)
    await record_acts(conn, replace(act, reason=wanted.reason))
    return wanted
