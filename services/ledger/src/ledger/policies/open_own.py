"""Open an account of a person, frozen if they are restricted."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from ledger.accounts.models import Account
from ledger.accounts.open import open_accounts
from ledger.policies import queries
from ledger.policies.change import Change, change_policy
from ledger.policies.lifecycle import CHANGES, act
from ledger.policies.models import Policy
from ledger.policies.restrict import COMPLIANCE


async def open_own_account(
    conn: Connection, owner: UUID, wanted: Account, *, now: datetime
) -> None:
    """Open an account that a person could spend from, unless it is there.

    A restriction that comes meanwhile waits for it, or it for the restriction: either way it is
    frozen.

    Args:
        conn: Open transaction; the caller commits.
        owner: Whose.
        wanted: The account.
        now: The clock's time.

    Emits:
        AccountOpened and, for who is restricted, AccountPolicyChanged on `ledger.accounts.v1`.
    """
    opened = await open_accounts(conn, [wanted], now=now)
    await queries.lock_restriction(conn, owner)
    if opened and await queries.is_restricted(conn, owner):
        change = Change(wanted.id, CHANGES["freeze"], _frozen, None, COMPLIANCE, "by compliance")
        await change_policy(conn, change, attempt_id=new_id(), now=now)


def _frozen(policy: Policy) -> Policy:
    return act(policy, "freeze")
