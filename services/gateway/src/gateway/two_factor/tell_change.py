"""Tell of a change of second factors."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.outbox import emit
from contracts.gateway import SecurityChange, SecurityChanged
from gateway.two_factor.models import SecondFactorState
from gateway.two_factor.show import show_state


async def tell_change(
    conn: Connection,
    user_id: UUID,
    change: SecurityChange,
    before: SecondFactorState,
    *,
    now: datetime,
) -> None:
    """Write a change to the audit log, and tell the person.

    Args:
        conn: Open transaction of the change, which is done; the caller commits.
        user_id: Whose second factors.
        change: What was changed.
        before: What they had.
        now: The clock's time.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    after = await show_state(conn, user_id)
    act = Act(
        f"second_factor.{change}",
        "user",
        str(user_id),
        by=user_id,
        before=_figures(before),
        after=_figures(after),
    )
    await record_acts(conn, act)
    await emit(conn, SecurityChanged(user_id=user_id, change=change, changed_at=now))


def _figures(state: SecondFactorState) -> dict[str, object]:
    """What a person has, without the names that they gave it."""
    return {
        "methods": state.methods,
        "passkeys": [one.id for one in state.passkeys],
        "recovery_codes_left": state.recovery_codes_left,
    }
