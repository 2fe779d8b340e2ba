"""Looks of people with power at what is others': held back until they are written down."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis import context
from chassis.resources import Resources
from gateway.access_log.write_down import write_looks
from gateway.proxy.errors import ReasonNeeded
from gateway.proxy.exchange import Exchange
from gateway.sessions.guard import OPERATORS
from gateway.users.lifecycle import check_shown

REASON_MIN: Final = 10
REASON_MAX: Final = 500
_READS: Final = frozenset({"GET", "HEAD"})


async def write_down_looks(resources: Resources, exchange: Exchange, people: str) -> None:
    """Write a look at each of these people into the access log, before it is answered.

    What operators change is in the audit log of the service; reads alone are looks.

    Args:
        resources: With the database.
        exchange: The request, whose answer has not begun.
        people: Ids of people, as the service told them, with commas.

    Raises:
        ReasonNeeded: The request says no reason; what was read is not shown.
    """
    session = exchange.session
    if session is None or not session.caller().has(*OPERATORS) or exchange.method not in _READS:
        return
    subjects = [one for one in map(UUID, people.split(",")) if one != session.user.id]
    if not subjects:
        return
    reason = _reason(exchange.headers.get(b"access-reason", b""))
    agent = exchange.headers.get(b"user-agent", b"").decode("latin-1")[:300] or None
    client = exchange.scope.get("client")
    origin = replace(
        context.origin.get(),
        address=client[0] if client else None,
        agent=agent,
        session_id=session.id,
    )
    token = context.origin.set(origin)
    try:
        async with resources.database.transaction() as conn:
            what, roles = [exchange.scope["path"]], sorted(session.user.roles)
            await write_looks(conn, session.user.id, roles, subjects, what, reason)
    finally:
        context.origin.reset(token)


def _reason(header: bytes) -> str:
    """Why, as whom it is about will read it.

    Raises:
        ReasonNeeded: It is missing, too short or too long, or has what cannot be seen.
    """
    try:
        reason = check_shown(header.decode().strip())
    except ValueError:
        reason = ""
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise ReasonNeeded.why(
            f"{REASON_MIN} to {REASON_MAX} characters that can be seen, in UTF-8"
        )
    return reason
