"""`/me/profile`, and the roles that administrators give."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.resources import Now, OpenDatabase, OpenResources, Resources
from gateway.access_log.lifecycle import read_reason
from gateway.access_log.write_down import write_looks
from gateway.profiles.change import change_profile
from gateway.profiles.models import LogOutView, LogOutWish, ProfileChange, ProfileView, RolesView
from gateway.profiles.show import show_profile
from gateway.sessions.access import FreshAdmin, LoggedIn
from gateway.sessions.end_all import end_sessions
from gateway.users.browse_role_changes import browse_role_changes
from gateway.users.change_roles import RoleWish, change_roles

router = APIRouter(tags=["profiles"])

Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/me/profile")
async def profile(session: LoggedIn, database: OpenDatabase, now: Now) -> ProfileView:
    """What you have said of yourself, and how far you have come."""
    async with database.connection() as conn:
        return await show_profile(conn, session.user, now=now)


@router.patch("/me/profile", response_model=ProfileView)
async def patch_profile(
    change: ProfileChange,
    session: LoggedIn,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Change what you say of yourself; what is left out stays."""

    async def perform(conn: Connection) -> Answer:
        await change_profile(conn, session.user.id, change, now=now)
        named = change.display_name or session.user.display_name
        shown = await show_profile(conn, replace(session.user, display_name=named), now=now)
        return Answer(200, shown.model_dump_json().encode())

    content = change.model_dump(mode="json", exclude_unset=True)
    if change.domains is not None:
        content["domains"] = sorted(change.domains)
    request = KeyedRequest(str(session.user.id), key, "PATCH /v1/me/profile", content)
    return await answer_once(database, request, perform)


@router.get("/users/{user_id}/roles")
async def roles(
    user_id: UUID,
    session: FreshAdmin,
    database: OpenDatabase,
    access_reason: Annotated[str, Header(alias="Access-Reason")] = "",
    limit: Limit = 50,
) -> RolesView:
    """A person's roles, and who changed them, when and why: a look, with a reason if another's."""
    me = session.user
    async with database.transaction() as conn:
        user, changes = await browse_role_changes(conn, user_id, limit=limit)
        reason = "" if user_id == me.id else read_reason(access_reason.encode("latin-1"))
        await write_looks(conn, me.id, me.roles, [user_id], ["roles"], reason)
    return RolesView(user_id=user.id, roles=list(user.roles), changes=changes)


@router.post("/users/{user_id}/roles", response_model=RolesView)
async def set_roles(
    user_id: UUID,
    wish: RoleWish,
    session: FreshAdmin,
    key: IdempotencyKey,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> Response:
    """Give roles and take them away. The person's sessions end: rights change with a log-in."""
    ended: list[bytes] = []

    async def perform(conn: Connection) -> Answer:
        changed = await change_roles(conn, user_id, wish, by=session.user.id, now=now)
        ended.extend(await end_sessions(conn, user_id, now=now))
        _, changes = await browse_role_changes(conn, user_id, limit=1)
        shown = RolesView(user_id=user_id, roles=list(changed.roles), changes=changes)
        return Answer(200, shown.model_dump_json().encode())

    content = {"user_id": str(user_id), **wish.model_dump(mode="json")}
    request = KeyedRequest(str(session.user.id), key, "POST /v1/users/{id}/roles", content)
    answer = await answer_once(database, request, perform)
    await _forget(resources, ended)
    return answer


@router.post("/users/{user_id}/log-outs", response_model=LogOutView)
async def log_out_person(
    user_id: UUID,
    wish: LogOutWish,
    session: FreshAdmin,
    key: IdempotencyKey,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> Response:
    """End all sessions of somebody, on every device. Their API keys stay."""
    ended: list[bytes] = []

    async def perform(conn: Connection) -> Answer:
        ended.extend(await end_sessions(conn, user_id, reason=wish.reason, now=now))
        return Answer.of(200, LogOutView(ended=len(ended)).model_dump())

    content = {"user_id": str(user_id), **wish.model_dump(mode="json")}
    request = KeyedRequest(str(session.user.id), key, "POST /v1/users/{id}/log-outs", content)
    answer = await answer_once(database, request, perform)
    await _forget(resources, ended)
    return answer


async def _forget(resources: Resources, ended: Sequence[bytes]) -> None:
    """Tell the cache, after the commit."""
    for token_hash in ended:
        await resources.extra["session_cache"].revoke(token_hash)
