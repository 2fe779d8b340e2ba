"""Freeze or give free what a person could spend, as compliance says."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from contracts.gateway import ComplianceChanged
from ledger.policies import queries
from ledger.policies.change import Change, change_policy
from ledger.policies.lifecycle import CHANGES, act
from ledger.policies.models import Act, Policy

#: Stands in versions of policies for the gateway's compliance, as a person's id would.
COMPLIANCE: Final = UUID("0193a000-0000-7000-8000-636f6d706c79")


async def restrict_person(conn: Connection, message: ComplianceChanged, *, now: datetime) -> int:
    """Freeze a person's accounts while they are restricted, and give free what this froze.

    What is opened meanwhile is frozen as it is opened (`open_own`).

    What operators froze stays frozen, and what waits in escrow is not touched: others have a claim
    on it. A repeat changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        message: How the person stands.
        now: The clock's time.

    Returns:
        How many accounts the person has.

    Emits:
        AccountPolicyChanged on `ledger.accounts.v1`, keyed by account, for each that changes.
    """
    await queries.lock_restriction(conn, message.user_id)
    await queries.put_restriction(conn, message.user_id, now, restricted=message.restricted)
    what: Act = "freeze" if message.restricted else "unfreeze"

    def make(policy: Policy) -> Policy:
        return act(policy, what)

    accounts = await queries.select_spendable(conn, message.user_id)
    for account_id in accounts:
        if what == "unfreeze" and await queries.select_frozen_by(conn, account_id) != COMPLIANCE:
            continue
        change = Change(account_id, CHANGES[what], make, None, COMPLIANCE, "by compliance")
        await change_policy(conn, change, attempt_id=new_id(), now=now)
    return len(accounts)
