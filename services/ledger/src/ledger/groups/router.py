"""HTTP edge of groups: of one's own accounts; operators' of their community's."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.preconditions import IfMatch, etag_of
from chassis.problems import Malformed
from chassis.service import Now, OpenDatabase
from contracts.money import render_amount
from ledger.groups.browse import browse_groups
from ledger.groups.browse_members import browse_members
from ledger.groups.change_members import change_group_members
from ledger.groups.create import create_group
from ledger.groups.models import (
    ChangeMembers,
    CreateGroup,
    FigureAnswer,
    Group,
    GroupAnswer,
    GroupBalanceAnswer,
    GroupFigure,
    GroupsAnswer,
    MemberAnswer,
    MembersAnswer,
    Moments,
)
from ledger.groups.read import read_group
from ledger.groups.read_balance import read_group_balance
from ledger.moments import Moment
from ledger.reach import reach_of

router = APIRouter(tags=["account groups"])

POST_GROUPS: Final = "POST /v1/account-groups"
Limit = Annotated[int, Query(ge=1, le=200)]
MembersLimit = Annotated[int, Query(ge=1, le=1_000)]


def _moments(
    effective_at: Moment | None = None,
    known_at: Moment | None = None,
    members_at: Moment | None = None,
) -> Moments:
    return Moments(effective_at, known_at, members_at)


@router.post("/account-groups", status_code=201, response_model=GroupAnswer)
async def create(
    wish: CreateGroup, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Make a group without accounts."""

    async def perform(conn: Connection) -> Answer:
        made = await create_group(conn, wish, group_id=new_id(), owner=caller.user_id, now=now)
        return _answer_of(made, 201)

    request = KeyedRequest(str(caller.user_id), key, POST_GROUPS, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.get("/account-groups")
async def list_groups(
    caller: Person, database: OpenDatabase, cursor: UUID | None = None, limit: Limit = 50
) -> GroupsAnswer:
    """One's own groups, newest first."""
    async with database.connection() as conn:
        page, following = await browse_groups(
            conn, owner=caller.user_id, before=cursor, limit=limit
        )
    return GroupsAnswer(groups=[_render(one) for one in page], next_cursor=following)


@router.get("/account-groups/{group_id}")
async def get_group(
    group_id: UUID, caller: Person, database: OpenDatabase, response: Response
) -> GroupAnswer:
    """A group of one's own; operators see their community's. `ETag` is its version."""
    async with database.connection() as conn:
        found = await read_group(conn, group_id, reach=reach_of(caller), viewer=caller.user_id)
    response.headers["ETag"] = etag_of(found.version)
    return _render(found)


@router.post("/account-groups/{group_id}/members", response_model=GroupAnswer)
async def change_members(
    group_id: UUID,
    wish: ChangeMembers,
    caller: Person,
    key: IdempotencyKey,
    accepted: IfMatch,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Add accounts to one's group, or remove some: one's own, or for operators the community's."""

    async def perform(conn: Connection) -> Answer:
        after = await change_group_members(
            conn,
            group_id,
            wish,
            by=caller.user_id,
            reach=reach_of(caller),
            accepted=accepted,
            now=now,
        )
        return _answer_of(after, 200)

    content = wish.model_dump(mode="json") | {"group_id": str(group_id)}
    route = f"{POST_GROUPS}/{{id}}/members"
    return await answer_once(
        database, KeyedRequest(str(caller.user_id), key, route, content), perform
    )


@router.get("/account-groups/{group_id}/members")
async def list_members(
    group_id: UUID,
    caller: Person,
    database: OpenDatabase,
    *,
    past: bool = False,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: MembersLimit = 200,
) -> MembersAnswer:
    """The accounts of a group in id order; with `past`, those that have left, too."""
    async with database.connection() as conn:
        page, following = await browse_members(
            conn,
            group_id,
            reach=reach_of(caller),
            viewer=caller.user_id,
            past=past,
            after=_read_cursor(cursor),
            limit=limit,
        )
    members = [
        MemberAnswer(
            account_id=one.account_id,
            added_at=one.added_at,
            added_by=one.added_by,
            removed_at=one.removed_at,
            removed_by=one.removed_by,
        )
        for one in page
    ]
    return MembersAnswer(members=members, next_cursor=_write_cursor(following))


@router.get("/account-groups/{group_id}/balance")
async def get_balance(
    group_id: UUID,
    caller: Person,
    database: OpenDatabase,
    at: Annotated[Moments, Depends(_moments)],
    now: Now,
) -> GroupBalanceAnswer:
    """What a group had at `effective_at`, as far as it was known at `known_at`: a figure an asset.

    Its accounts are those of that moment; `members_at` asks for those of another.
    """
    async with database.connection() as conn:
        figures = await read_group_balance(
            conn, group_id, at, reach=reach_of(caller), viewer=caller.user_id
        )
    return GroupBalanceAnswer(
        group_id=group_id,
        effective_at=at.effective_at or at.known_at or now,
        known_at=at.known_at or now,
        members_at=at.members() or now,
        figures=[_render_figure(one) for one in figures],
    )


def _write_cursor(following: tuple[UUID, datetime] | None) -> str | None:
    if following is None:
        return None
    account, added_at = following
    return f"{account}~{added_at:%Y%m%dT%H%M%S.%fZ}"


def _read_cursor(text: str | None) -> tuple[UUID, datetime] | None:
    if text is None:
        return None
    account, _, added_at = text.partition("~")
    try:
        return UUID(account), datetime.fromisoformat(added_at).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(
            "check cursor: take it from next_cursor of the page before",
            errors=[{"field": "cursor", "rule": "cursor", "message": "is no cursor of ours"}],
        ) from error


def _answer_of(group: Group, status: int) -> Answer:
    content = _render(group).model_dump(mode="json")
    place = f"/v1/account-groups/{group.id}"
    return Answer.of(status, content, Location=place, ETag=etag_of(group.version))


def _render(group: Group) -> GroupAnswer:
    return GroupAnswer(
        id=group.id,
        owner_id=group.owner_id,
        name=group.name,
        accounts=group.members,
        version=group.version,
        created_at=group.created_at,
    )


def _render_figure(one: GroupFigure) -> FigureAnswer:
    def amount(minor: int) -> str:
        return render_amount(minor, one.asset)

    return FigureAnswer(
        asset=one.asset,
        accounts=one.accounts,
        balance=amount(one.balance_minor),
        available=amount(one.balance_minor - one.held_minor),
        held=amount(one.held_minor),
    )
