"""HTTP edge of policies: operators change them, owners see their own."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Operator, Person
from chassis.database import Connection, Database
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.preconditions import IfMatch, etag_of
from chassis.problems import Problem
from chassis.service import Now, OpenDatabase
from ledger.journal.models import Declined
from ledger.policies.browse import browse_policies
from ledger.policies.change import Change, change_policy
from ledger.policies.lifecycle import CHANGES, act, change_limits, render_policy
from ledger.policies.models import (
    Act,
    ChangeLimits,
    GiveReason,
    PoliciesAnswer,
    Policy,
    PolicyAnswer,
)
from ledger.policies.read import read_policy
from ledger.reach import reach_of

router = APIRouter(tags=["accounts"])

ROUTE: Final = "/v1/accounts/{id}/policy"
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/accounts/{account_id}/policy")
async def get_policy(
    account_id: UUID, caller: Person, database: OpenDatabase, now: Now, response: Response
) -> PolicyAnswer:
    """What one's own account may and may not, and what is left of each velocity; `ETag` with it."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        found, uses = await read_policy(conn, account_id, reach=reach, now=now)
    response.headers["ETag"] = etag_of(found.version)
    return render_policy(found, for_operator=reach.has_power, uses=uses)


@router.get("/accounts/{account_id}/policies")
async def list_policies(
    account_id: UUID,
    caller: Person,
    database: OpenDatabase,
    cursor: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    limit: Limit = 50,
) -> PoliciesAnswer:
    """What the policies of one's own account were, newest first, and why they changed."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        page, following = await browse_policies(
            conn,
            account_id,
            reach=reach,
            before=cursor,
            limit=limit,
        )
    shown = [render_policy(one, for_operator=reach.has_power) for one in page]
    return PoliciesAnswer(policies=shown, next_cursor=following)


@router.patch("/accounts/{account_id}/policy", response_model=PolicyAnswer)
async def patch_limits(
    account_id: UUID,
    wish: ChangeLimits,
    caller: Operator,
    key: IdempotencyKey,
    accepted: IfMatch,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Change limits of an account: what is left out stays, null takes a limit away.

    `If-Match` with the version seen refuses to overwrite a newer one.
    """
    content = wish.model_dump(mode="json", exclude_unset=True) | {"account_id": str(account_id)}
    request = KeyedRequest(str(caller.user_id), key, f"PATCH {ROUTE}", content)

    def make(policy: Policy) -> Policy:
        return change_limits(policy, wish)

    change = Change(
        account_id, "limits", make, accepted, caller.user_id, wish.reason, reach_of(caller)
    )
    return await _change_once(database, request, change, now)


@router.post("/accounts/{account_id}/policy/{what}", response_model=PolicyAnswer)
async def perform(  # noqa: PLR0913, PLR0917 - path, body, headers and what the process has
    account_id: UUID,
    what: Act,
    wish: GiveReason,
    caller: Operator,
    key: IdempotencyKey,
    accepted: IfMatch,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Freeze an account (nothing leaves it) or close it (nothing moves), and back. Operators only.

    It is closed when it is empty and nothing is awaited.
    """
    content = {"reason": wish.reason, "account_id": str(account_id)}
    request = KeyedRequest(str(caller.user_id), key, f"POST {ROUTE}/{what}", content)

    def make(policy: Policy) -> Policy:
        return act(policy, what)

    change = Change(
        account_id, CHANGES[what], make, accepted, caller.user_id, wish.reason, reach_of(caller)
    )
    return await _change_once(database, request, change, now)


async def _change_once(
    database: Database, request: KeyedRequest, change: Change, now: Now
) -> Response:
    """Do the change once for its key. What was declined is committed, then told."""

    async def perform(conn: Connection) -> Answer | Problem:
        changed = await change_policy(conn, change, attempt_id=new_id(), now=now)
        if isinstance(changed, Declined):
            return changed.problem
        content = render_policy(changed, for_operator=True).model_dump(mode="json")
        return Answer.of(200, content, ETag=etag_of(changed.version))

    return await answer_once(database, request, perform)
