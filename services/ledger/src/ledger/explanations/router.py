"""HTTP edge of explanations."""

from uuid import UUID

from fastapi import APIRouter

from chassis.access import Person
from chassis.service import Now, OpenDatabase
from ledger.accounts.render import render_entry
from ledger.explanations.explain import explain_account
from ledger.explanations.lifecycle import (
    render_fees,
    render_figure,
    render_held,
    render_limits,
    render_proofs,
    say,
)
from ledger.explanations.models import ExplanationAnswer, RefusalAnswer
from ledger.gifts.lifecycle import render_gift
from ledger.reach import reach_of
from ledger.refused_attempts.models import render_attempt

router = APIRouter(tags=["accounts"])


@router.get("/accounts/{account_id}/explain")
async def explain(
    account_id: UUID, caller: Person, database: OpenDatabase, now: Now
) -> ExplanationAnswer:
    """Why the account stands where it stands, in figures and in words.

    Its newest entries, what is held and by which reservations, limits, fees, proofs, refusals.
    """
    async with (
        database.connection() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        found = await explain_account(conn, account_id, reach=reach_of(caller), now=now)
    refused = (render_attempt(one).model_dump() for one in found.refused)
    return ExplanationAnswer(
        account_id=account_id,
        asset=found.balance.asset,
        words=say(found),
        figure=render_figure(found.balance),
        limits=render_limits(found),
        entries=[render_entry(line) for line in found.entries],
        reservations=render_held(found),
        fees=render_fees(found),
        proofs=render_proofs(found),
        refused_attempts=[RefusalAnswer.model_validate(one) for one in refused],
        gifts=[render_gift(one) for one in found.gifts],
    )
