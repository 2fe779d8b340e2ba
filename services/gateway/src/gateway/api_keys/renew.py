"""Renew a program's session."""

from datetime import datetime

from chassis.audit.record import Act, record_acts
from chassis.database import Connection, Database
from gateway.api_keys import queries
from gateway.api_keys.errors import RefreshRefused
from gateway.api_keys.models import ProgramSession, RefreshState
from gateway.api_keys.pair import digest_of, give_pair
from gateway.sessions.end_families import end_families


async def renew_session(
    database: Database, refresh_token: str, *, now: datetime
) -> tuple[ProgramSession, list[bytes]]:
    """Give a new pair of tokens for a refresh token, which is good once.

    One that was used before has been seen by two: the whole family ends, whoever of them is the
    thief. The session before ends, too.

    Args:
        database: The verb opens its own transaction: what a reuse ends stays ended.
        refresh_token: As it was given.
        now: The clock's time.

    Returns:
        The new pair, and the hashes of the tokens that ended for the cache.

    Raises:
        RefreshRefused: It is unknown, over or used; `ended` holds hashes for the cache.
    """
    digest = digest_of(refresh_token)
    async with database.transaction() as conn:
        state = await queries.lock_refresh(conn, digest)
        if state is None:
            raise RefreshRefused("begin again with POST /v1/sessions/program")
        ended = await end_families(conn, [state.family_id], now=now)
        over = state.family_ended_at or min(state.family_expires_at, state.key.expires_at) <= now
        if state.used_at is None and not over:
            await queries.use_refresh(conn, digest, now)
            pair, following = await give_pair(
                conn,
                state.key.user,
                state.key.scopes,
                family_id=state.family_id,
                ends_at=state.family_expires_at,
                now=now,
            )
            await queries.insert_refresh(
                conn, following, state.family_id, state.generation + 1, now
            )
            return pair, ended
        if state.used_at is not None and not over:
            await queries.end_family(conn, state.family_id, now)
            await _tell_reuse(conn, state)
    refusal = RefreshRefused("it was used or is over; begin again with POST /v1/sessions/program")
    refusal.ended = ended
    raise refusal


async def _tell_reuse(conn: Connection, state: RefreshState) -> None:
    """Whoever showed it may be the thief or the robbed: the act has no actor."""
    after = {"state": "ended", "generation": state.generation}
    act = Act(
        "refresh_token.reused",
        "refresh_family",
        str(state.family_id),
        by_name="whoever has shown a refresh token that was used",
        before={"state": "open"},
        after={**after, "api_key_id": state.key.id, "user_id": state.key.user.id},
    )
    await record_acts(conn, act)
