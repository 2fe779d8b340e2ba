"""`/me/api-keys`, and the sessions of programs.

No answer here is kept for a repeat: it would have to be stored with the key or token in it.
"""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from chassis.access import ANYONE
from chassis.resources import Now, OpenDatabase, OpenResources, Resources
from gateway.api_keys.begin import begin_session
from gateway.api_keys.browse import browse_keys
from gateway.api_keys.errors import RefreshRefused
from gateway.api_keys.make import make_key
from gateway.api_keys.models import KeyList, NewKey, ProgramSession, Refresh, Rotation, ShownKey
from gateway.api_keys.renew import renew_session
from gateway.api_keys.revoke import revoke_keys
from gateway.api_keys.rotate import rotate_key
from gateway.sessions.access import Fresh, KeyHolder, LoggedIn


async def _unstored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(tags=["API keys"], dependencies=[Depends(_unstored)])


@router.post("/me/api-keys", status_code=201)
async def make(wanted: NewKey, session: Fresh, database: OpenDatabase, now: Now) -> ShownKey:
    """Make a key for a program: it may do what you may, as far as its scopes go.

    This POST takes no Idempotency-Key: to repeat the answer, the key would have to be stored.
    Repeating it makes another key; what is one too many is ended by its id.
    """
    async with database.transaction() as conn:
        return await make_key(conn, session.user.id, wanted, now=now)


@router.get("/me/api-keys")
async def list_keys(
    session: LoggedIn,
    database: OpenDatabase,
    now: Now,
    limit: Annotated[int, Query(ge=1, le=50)] = 50,
) -> KeyList:
    """Your open keys, and when each was last used."""
    async with database.connection() as conn:
        keys = await browse_keys(conn, session.user.id, now=now, limit=limit)
    return KeyList(api_keys=keys)


@router.post("/me/api-keys/{key_id}/rotate", status_code=201)
async def rotate(
    key_id: UUID, rotation: Rotation, session: Fresh, database: OpenDatabase, now: Now
) -> ShownKey:
    """A new key in place of an old one, which goes on for an overlap.

    This POST takes no Idempotency-Key: to repeat the answer, the key would have to be stored.
    Repeating it is refused and names the successor, which can be rotated in its turn.
    """
    async with database.transaction() as conn:
        return await rotate_key(conn, key_id, rotation, user_id=session.user.id, now=now)


@router.delete("/me/api-keys/{key_id}", status_code=204)
async def revoke(
    key_id: UUID, session: LoggedIn, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """End a key at once, with every session that was opened by it."""
    async with database.transaction() as conn:
        ended = await revoke_keys(conn, session.user.id, key_id=key_id, now=now)
    await _forget(resources, ended)


@router.post("/sessions/program", status_code=201)
async def begin(key: KeyHolder, database: OpenDatabase, now: Now) -> ProgramSession:
    """Open a session of a quarter of an hour by an API key, and renew it by refresh tokens.

    This POST takes no Idempotency-Key: to repeat the answer, the tokens would have to be stored.
    Repeating it opens another session, which harms nothing.
    """
    async with database.transaction() as conn:
        return await begin_session(conn, key, now=now)


@router.post("/sessions/refresh", status_code=201, dependencies=[ANYONE])
async def renew(
    refresh: Refresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> ProgramSession:
    """A new pair of tokens; a refresh token that is shown twice ends its whole family.

    This POST takes no Idempotency-Key: a refresh token is good once, and showing it again is what
    a thief would do.
    """
    try:
        pair, ended = await renew_session(database, refresh.refresh_token, now=now)
    except RefreshRefused as refusal:
        await _forget(resources, refusal.ended)
        raise
    await _forget(resources, ended)
    return pair


async def _forget(resources: Resources, ended: Sequence[bytes]) -> None:
    """Tell the cache, after the commit."""
    for token_hash in ended:
        await resources.extra["session_cache"].revoke(token_hash)
