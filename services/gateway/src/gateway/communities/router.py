"""HTTP edge of communities: everybody sees them, administrators open and close them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from chassis.access import ANYONE
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.resources import Now, OpenDatabase
from gateway.communities.browse import browse_communities
from gateway.communities.models import (
    CommunityPage,
    CommunityView,
    NewCommunity,
    State,
    StateReason,
)
from gateway.communities.open import open_community
from gateway.communities.set_state import set_state
from gateway.sessions.access import FreshAdmin
from gateway.users.models import Community as Slug

router = APIRouter(tags=["communities"])

STATES: dict[str, State] = {"close": "CLOSED", "reopen": "OPEN"}


@router.get("/communities", dependencies=[ANYONE])
async def list_communities(
    database: OpenDatabase,
    state: State | None = None,
    cursor: Slug | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CommunityPage:
    """Which communities there are, by slug; people join those that are OPEN."""
    async with database.connection() as conn:
        return await browse_communities(conn, state=state, after=cursor, limit=limit)


@router.post("/communities", status_code=201, response_model=CommunityView)
async def post_community(
    wanted: NewCommunity,
    session: FreshAdmin,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Open a community: people can join it from now on. Administrators only."""
    content = wanted.model_dump(mode="json")
    request = KeyedRequest(str(session.user.id), key, "POST /v1/communities", content)

    async def perform(conn: Connection) -> Answer:
        opened = await open_community(conn, wanted, by=session.user.id, now=now)
        return Answer.of(201, CommunityView.of(opened).model_dump(mode="json"))

    return await answer_once(database, request, perform)


@router.post("/communities/{slug}/{what}", response_model=CommunityView)
async def post_state(
    slug: Slug,
    what: Literal["close", "reopen"],
    wish: StateReason,
    session: FreshAdmin,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Let nobody join a community any more, or let people again. Administrators only.

    Its members stay, and go on trading.
    """
    content = {"slug": slug, **wish.model_dump(mode="json")}
    request = KeyedRequest(
        str(session.user.id), key, f"POST /v1/communities/{{slug}}/{what}", content
    )

    async def perform(conn: Connection) -> Answer:
        changed = await set_state(conn, slug, STATES[what], reason=wish.reason, now=now)
        return Answer.of(200, CommunityView.of(changed).model_dump(mode="json"))

    return await answer_once(database, request, perform)
