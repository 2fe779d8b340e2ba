"""Looks of people with power at what is others': held back until they are written down."""

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from chassis import context
from chassis.resources import Resources
from gateway.access_log.lifecycle import read_reason
from gateway.access_log.write_down import write_looks
from gateway.proxy.exchange import Exchange
from gateway.sessions.guard import OPERATORS

_READS: Final = frozenset({"GET", "HEAD"})
#: As the services read a flag in a query.
_YES: Final = frozenset({"1", "on", "t", "true", "y", "yes"})


async def write_down_looks(resources: Resources, exchange: Exchange, people: str) -> None:
    """Write a look at each of these people into the access log, before it is answered.

    What operators change is in the audit log of the service; reads alone are looks, and dry runs.

    Args:
        resources: With the database.
        exchange: The request, whose answer has not begun.
        people: Ids of people, as the service told them, with commas.

    Raises:
        ReasonNeeded: The request says no reason; what was read is not shown.
    """
    session = exchange.session
    if session is None or not session.caller().has(*OPERATORS) or not _is_look(exchange):
        return
    subjects = [one for one in map(UUID, people.split(",")) if one != session.user.id]
    if not subjects:
        return
    reason = read_reason(exchange.headers.get(b"access-reason", b""))
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


def _is_look(exchange: Exchange) -> bool:
    """Whether nothing is changed: a write that only asks what would be shows what is."""
    if exchange.method in _READS:
        return True
    query = dict(parse_qsl(exchange.scope["query_string"].decode("latin-1")))
    return query.get("dry_run", "").lower() in _YES
