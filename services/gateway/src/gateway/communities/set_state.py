"""Close a community to new members, or open it again."""

from dataclasses import replace
from datetime import datetime

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from contracts.gateway import CommunityClosed, CommunityReopened
from gateway.communities import queries
from gateway.communities.errors import CommunityIsSo, NoSuchCommunity
from gateway.communities.models import Community, State


async def set_state(
    conn: Connection, slug: str, state: State, *, reason: str, now: datetime
) -> Community:
    """Let people join a community from now on, or not. Who is in it stays and goes on.

    Args:
        conn: Open transaction; the caller commits.
        slug: Which.
        state: As it is to be.
        reason: Why; kept in the audit log.
        now: The clock's time.

    Returns:
        The community as it is now.

    Raises:
        NoSuchCommunity: There is none.
        CommunityIsSo: It is in that state.

    Emits:
        CommunityClosed or CommunityReopened on `gateway.communities.v1`, keyed by slug.
    """
    found = await queries.lock_community(conn, slug)
    if found is None:
        raise NoSuchCommunity(f"there is no community {slug}")
    if found.state == state:
        raise CommunityIsSo(f"{slug} is {state}", slug=slug, state=state)
    version = await queries.update_state(conn, slug, state, now)
    event = CommunityClosed if state == "CLOSED" else CommunityReopened
    await outbox.emit(conn, event(community=slug, changed_at=now, version=version))
    what = "community.closed" if state == "CLOSED" else "community.reopened"
    before, after = {"state": found.state}, {"state": state}
    await record_acts(conn, Act(what, "community", slug, before=before, after=after, reason=reason))
    return replace(found, state=state, version=version, changed_at=now)
