"""Explain what an account has."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.read import read_account
from ledger.accounts.read_entries import read_entries
from ledger.explanations import queries
from ledger.explanations.models import Explanation, Held
from ledger.gifts.show_open import show_open_gifts
from ledger.policies.read import read_policy
from ledger.reach import Reach
from ledger.refused_attempts.browse import browse_refused_attempts
from ledger.refused_attempts.models import Filters

ENTRIES: Final = 20
RESERVATIONS: Final = 20
REFUSED: Final = 10
GIFTS: Final = 20


async def explain_account(
    conn: Connection, account_id: UUID, *, reach: Reach, now: datetime
) -> Explanation:
    """The figure of an account with what it comes from and what limits it.

    Args:
        conn: Open transaction that sees one state of the books throughout.
        account_id: Which.
        reach: Only if it is in it.
        now: The clock's time: the end of the windows that velocities look at.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
    """
    balance = await read_account(conn, account_id, reach=reach)
    policy, uses = await read_policy(conn, account_id, reach=reach, now=now)
    entries, _ = await read_entries(conn, account_id, reach=reach, limit=ENTRIES)
    transfers = [line.transfer_id for line in entries]
    fees = await queries.select_fees(conn, transfers, balance.asset, account_id)
    count, sum_minor = await queries.select_held(conn, account_id)
    newest = await queries.select_reservations(conn, account_id, RESERVATIONS) if count else []
    proofs = await queries.select_proofs(conn, transfers)
    refused, _ = await browse_refused_attempts(conn, Filters(account_id), limit=REFUSED)
    gifts = await show_open_gifts(conn, account_id, limit=GIFTS)
    return Explanation(
        balance,
        policy,
        tuple(uses),
        tuple(entries),
        Held(count, sum_minor, tuple(newest)),
        tuple(fees),
        tuple(proofs),
        tuple(refused),
        tuple(gifts),
    )
