"""Approve or reject a large issuance: the second pair of eyes."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.outbox import Cause
from contracts.ledger_accounts import IssuanceDecided
from ledger.accounts.find import find_account
from ledger.issuance import queries
from ledger.issuance.errors import NoSuchRequest, RequestDecided, SecondOperator
from ledger.issuance.find_source import find_source
from ledger.issuance.models import Request
from ledger.journal.models import Declined, Transfer
from ledger.journal.post import post_transfers
from ledger.journal.templates import pay
from ledger.reach import Reach


async def decide_request(
    conn: Connection,
    request_id: UUID,
    *,
    approved: bool,
    operator: UUID,
    reach: Reach,
    now: datetime,
) -> Request | Declined:
    """Issue what was asked for, or drop the request.

    A declined transfer leaves a row of `refused_attempt`, and the request waiting; so let the
    transaction commit and tell the problem after it.

    Args:
        conn: Open transaction; the caller commits.
        request_id: Which one.
        approved: Otherwise it is rejected, which its requester may do too.
        operator: Who decides.
        reach: Only if the account is in it.
        now: The clock's time.

    Returns:
        The request as decided, or why the journal declined it.

    Raises:
        NoSuchRequest: There is none, or it is beyond the reach.
        RequestDecided: Somebody has decided before.
        SecondOperator: Who asked cannot approve.

    Emits:
        IssuanceDecided on `ledger.issuance.v1`, keyed by request; and TransferPosted on
        `ledger.transfers.v1`, if approved.
    """
    found = await queries.lock_request(conn, request_id, reach)
    if found is None:
        raise NoSuchRequest(f"there is no request {request_id}")
    if found.state != "WAITING":
        raise RequestDecided(f"it is {found.state}", state=found.state)
    if approved and operator == found.requested_by:
        raise SecondOperator("you asked for it: another operator has to approve it")
    if approved:
        account = await find_account(conn, field="account_id", account_id=found.account_id)
        source = await find_source(conn, account.community, found.asset, now=now, dry_run=False)
        wanted = Transfer(
            id=found.transfer_id,
            kind="issuance",
            movements=pay(source.id, account.id, found.asset, found.amount_minor),
            initiated_by=found.requested_by,
            metadata={"reason": found.reason, "approved_by": str(operator)},
            cause=Cause.present(),
        )
        [verdict] = await post_transfers(conn, [wanted], now=now)
        if isinstance(verdict, Declined):
            return verdict
    decided = replace(
        found,
        state="APPROVED" if approved else "REJECTED",
        decided_by=operator,
        decided_at=now,
    )
    await queries.update_request(conn, decided)
    await outbox.emit(conn, _told(decided, operator, now))
    return decided


def _told(decided: Request, operator: UUID, now: datetime) -> IssuanceDecided:
    approved = decided.state == "APPROVED"
    return IssuanceDecided(
        request_id=decided.id,
        account_id=decided.account_id,
        asset=decided.asset,
        amount_minor=decided.amount_minor,
        decision="APPROVED" if approved else "REJECTED",
        requested_by=decided.requested_by,
        decided_by=operator,
        transfer_id=decided.transfer_id if approved else None,
        decided_at=now,
    )
