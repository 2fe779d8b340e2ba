"""HTTP edge of compliance: operators check, look and override; people see that they are known."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.resources import Now, OpenDatabase
from contracts.gateway import CheckKind
from gateway.access_log.write_down import write_looks
from gateway.compliance import queries
from gateway.compliance.ask_override import ask_override
from gateway.compliance.decide_override import decide_override
from gateway.compliance.models import (
    CheckStarted,
    Decision,
    Override,
    OverrideBody,
    OverridePage,
    OverrideView,
    OwnView,
    ReasonBody,
    StandingView,
)
from gateway.compliance.provider import Simulator
from gateway.compliance.read import read_standing
from gateway.compliance.start import start_check
from gateway.sessions.access import FreshOperator, LoggedIn, LoggedInOperator

router = APIRouter(tags=["compliance"])

DECISIONS: dict[str, Decision] = {"approve": "APPROVED", "reject": "REJECTED"}


@router.get("/me/compliance")
async def read_own(session: LoggedIn, database: OpenDatabase, now: Now) -> OwnView:
    """Whether one is identified, and until when. What else is looked at is not told."""
    async with database.connection() as conn:
        known = (await queries.select_checks(conn, session.user.id)).get("KYC")
    good = bool(known and known.status == "CLEAR" and known.expires_at and known.expires_at > now)
    return OwnView(identified=good, expires_at=known.expires_at if known and good else None)


@router.post("/users/{user_id}/compliance/readings")
async def read_anothers(
    user_id: UUID, body: ReasonBody, session: LoggedInOperator, database: OpenDatabase
) -> StandingView:
    """How a person stands, with a reason that is kept. Operators only.

    This POST takes no Idempotency-Key: repeating it is another look, and is written down as one.
    """
    async with database.transaction() as conn:
        standing = await read_standing(conn, user_id)
        me = session.user
        await write_looks(conn, me.id, me.roles, [user_id], ["compliance"], body.reason)
    return standing


@router.post(
    "/users/{user_id}/compliance/{kind}/checks", status_code=202, response_model=CheckStarted
)
async def post_check(
    user_id: UUID,
    kind: CheckKind,
    body: ReasonBody,
    session: LoggedInOperator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Have a person checked; the answer is there within a second or two. Operators only."""
    content = {"user_id": str(user_id), "kind": kind, "reason": body.reason}
    owner = str(session.user.id)
    request = KeyedRequest(owner, key, "POST /v1/users/{id}/compliance/{kind}/checks", content)

    async def perform(conn: Connection) -> Answer:
        await start_check(conn, user_id, kind, provider=Simulator.name, by=session.user.id, now=now)
        started = CheckStarted(user_id=user_id, kind=kind)
        return Answer.of(202, started.model_dump(mode="json"))

    return await answer_once(database, request, perform)


@router.post(
    "/users/{user_id}/compliance/{kind}/overrides", status_code=201, response_model=OverrideView
)
async def post_override(
    user_id: UUID,
    kind: CheckKind,
    body: OverrideBody,
    session: LoggedInOperator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Ask that a check has another outcome: a second operator decides. Operators only."""
    content = {"user_id": str(user_id), "kind": kind, **body.model_dump()}
    me = session.user.id
    request = KeyedRequest(str(me), key, "POST /v1/users/{id}/compliance/{kind}/overrides", content)
    wanted = Override(new_id(), user_id, kind, body.status, body.reason, me, now)

    async def perform(conn: Connection) -> Answer:
        return _answer(201, await ask_override(conn, wanted))

    return await answer_once(database, request, perform)


@router.get("/compliance-overrides")
async def list_overrides(
    session: LoggedInOperator,  # noqa: ARG001 - asked for the role only
    database: OpenDatabase,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OverridePage:
    """What waits for a second operator, oldest first."""
    async with database.connection() as conn:
        found = await queries.select_open(conn, limit)
    return OverridePage(overrides=[OverrideView.model_validate(asdict(one)) for one in found])


@router.post("/compliance-overrides/{override_id}/{what}", response_model=OverrideView)
async def post_decision(
    override_id: UUID,
    what: Literal["approve", "reject"],
    session: FreshOperator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Approve or reject what another operator asked for."""
    me, content = session.user.id, {"override_id": str(override_id)}
    request = KeyedRequest(str(me), key, f"POST /v1/compliance-overrides/{{id}}/{what}", content)

    async def perform(conn: Connection) -> Answer:
        decided = await decide_override(conn, override_id, DECISIONS[what], me, now=now)
        return _answer(200, decided)

    return await answer_once(database, request, perform)


def _answer(status: int, override: Override) -> Answer:
    view = OverrideView.model_validate(asdict(override))
    return Answer.of(status, view.model_dump(mode="json"))
