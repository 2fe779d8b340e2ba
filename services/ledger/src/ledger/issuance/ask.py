"""Ask a second operator to issue what is too much for one."""

from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from ledger.issuance import queries
from ledger.issuance.lifecycle import made_minor
from ledger.issuance.models import Request
from ledger.journal.models import Transfer


async def request_issuance(conn: Connection, wanted: Transfer, *, now: datetime) -> Request:
    """Keep an issuance that waits for approval; nothing is posted.

    Args:
        conn: Open transaction; the caller commits.
        wanted: As `prepare_issuance` made it.
        now: The clock's time.

    Returns:
        The request, WAITING.
    """
    [receiver] = [one for one in wanted.movements if one.amount_minor > 0]
    if wanted.initiated_by is None:
        raise ValueError("somebody answers for an issuance")
    request = Request(
        id=new_id(),
        transfer_id=wanted.id,
        account_id=receiver.account_id,
        asset=receiver.asset,
        amount_minor=made_minor(wanted),
        reason=str(wanted.metadata["reason"]),
        state="WAITING",
        requested_by=wanted.initiated_by,
        requested_at=now,
    )
    await queries.insert_request(conn, request)
    return request
