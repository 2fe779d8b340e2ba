"""Approve or reject a large write-off: the second pair of eyes."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.deciding import queries
from ledger.reconciliation.deciding.write_off import People, write_off_items
from ledger.reconciliation.errors import FourEyes, NoSuchProposal, ProposalDecided
from ledger.reconciliation.models import Decision, Proposal, Setup
from ledger.reconciliation.wishes import ItemsWish


async def decide_proposal(
    conn: Connection,
    setup: Setup,
    proposal_id: UUID,
    *,
    approved: bool,
    operator: UUID,
    now: datetime,
) -> Proposal:
    """Carry out a proposal, or drop it.

    Args:
        conn: Open transaction; the caller commits.
        setup: Of the account, the newest version.
        proposal_id: Which one.
        approved: Otherwise it is rejected, which its proposer may do too.
        operator: Who decides.
        now: The clock's time.

    Raises:
        NoSuchProposal: There is none for this account.
        ProposalDecided: Somebody has decided before.
        FourEyes: Who proposed it cannot approve it.
        NotOpen: Its items were settled meanwhile: reject it.

    Emits:
        TransferPosted on `ledger.transfers.v1`, if approved.
    """
    found = await queries.lock_proposal(conn, proposal_id)
    if found is None or found.account_id != setup.account_id:
        raise NoSuchProposal(f"the account has no proposal {proposal_id}")
    if found.state != "PROPOSED":
        raise ProposalDecided(f"it is {found.state}", state=found.state)
    if approved and operator == found.proposed_by:
        raise FourEyes("you proposed it: another operator has to approve it")
    if not approved:
        rejected = replace(found, state="REJECTED", decided_by=operator)
        await queries.update_proposal(conn, rejected, now)
        return rejected
    wish = ItemsWish(lines=found.lines, entries=found.entries, reason=found.reason)
    people = People(found.proposed_by, operator)
    decision = await write_off_items(conn, setup, wish, people, now=now)
    if not isinstance(decision, Decision):
        raise TypeError("an approved write-off is posted")
    done = replace(found, state="APPROVED", decided_by=operator, decision_id=decision.id)
    await queries.update_proposal(conn, done, now)
    return done
