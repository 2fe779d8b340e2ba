"""Open accounts for a person or for the system."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection
from chassis.outbox import emit
from contracts.ledger import AccountOpened
from ledger.accounts import queries
from ledger.accounts.models import Account


async def open_accounts(
    conn: Connection,
    wanted: Sequence[Account],
    *,
    now: datetime,
    system_floor_minor: int | None = None,
) -> list[Account]:
    """Open accounts that are not there yet. People's may not go below zero; the system's may.

    Args:
        conn: Open transaction; the caller commits.
        wanted: A person has one account a type and asset, a community one system account each.
        now: The clock's time.
        system_floor_minor: How low the system's may go; nothing for no floor.

    Returns:
        Those that were opened. A repeat opens none.

    Emits:
        AccountOpened on `ledger.accounts.v1`, keyed by account, for each that was opened.
    """
    floors = [0 if account.owner_id else system_floor_minor for account in wanted]
    opened = await queries.insert_accounts(conn, wanted, floors, now)
    await emit(
        conn,
        *(
            AccountOpened(
                account_id=account.id,
                owner_id=account.owner_id,
                account_type=account.type,
                asset=account.asset,
                community=account.community,
            )
            for account in opened
        ),
    )
    return opened
