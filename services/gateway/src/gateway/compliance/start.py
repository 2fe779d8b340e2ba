"""Have a person checked."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.timers import set_timer
from contracts.gateway import CheckKind
from gateway.compliance import queries
from gateway.compliance.errors import NoSuchPerson
from gateway.compliance.lifecycle import timer_key
from gateway.compliance.models import Check
from gateway.compliance.settle import settle_check

#: Kind of the timer that asks the provider.
DUE = "compliance.check"


async def start_check(
    conn: Connection, user_id: UUID, kind: CheckKind, *, provider: str, by: UUID, now: datetime
) -> None:
    """Have the provider asked, at once; one that was made before stands until the answer is there.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whom to check.
        kind: For what.
        provider: Who is asked, by name.
        by: Who wants it.
        now: The clock's time.

    Raises:
        NoSuchPerson: Nobody has this id.

    Emits:
        ComplianceChanged on `gateway.compliance.v1`, if it is the first of its kind.
    """
    if await queries.select_shown(conn, user_id) is None:
        raise NoSuchPerson("nobody has this id")
    await queries.lock_standing(conn, user_id, now)
    if kind not in await queries.select_checks(conn, user_id):
        await settle_check(conn, Check(user_id, kind, "PENDING", provider), now=now, by=by)
    await set_timer(conn, DUE, timer_key(user_id, kind), now)
