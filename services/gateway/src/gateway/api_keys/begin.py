"""Begin a program's session."""

from datetime import datetime

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from gateway.api_keys import queries
from gateway.api_keys.lifecycle import FAMILY_LIFE
from gateway.api_keys.models import ProgramSession
from gateway.api_keys.pair import give_pair
from gateway.sessions.models import Session


async def begin_session(conn: Connection, key: Session, *, now: datetime) -> ProgramSession:
    """Open a session for a program, and a family of refresh tokens that renews it.

    Args:
        conn: Open transaction; the caller commits.
        key: What the API key stands for.
        now: The clock's time.

    Returns:
        The first pair of tokens; neither is stored.
    """
    family_id, ends_at = new_id(), min(now + FAMILY_LIFE, key.ends_at)
    await queries.insert_family(conn, family_id, key.id, now, ends_at)
    pair, digest = await give_pair(
        conn, key.user, key.scopes or frozenset(), family_id=family_id, ends_at=ends_at, now=now
    )
    await queries.insert_refresh(conn, digest, family_id, 1, now)
    told = {"api_key_id": key.id, "scopes": pair.scopes, "expires_at": ends_at}
    act = Act("program_session.opened", "refresh_family", str(family_id), after=told)
    await record_acts(conn, act)
    return pair
