"""Read an escrow."""

from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.escrow import queries
from ledger.escrow.errors import NoSuchEscrow
from ledger.escrow.models import AcceptedPrice, Escrow
from ledger.reach import Reach


async def read_escrow(
    conn: Connection, escrow_id: UUID, *, reach: Reach
) -> tuple[Escrow, AcceptedPrice | None]:
    """An escrow, and the price that was accepted for its release.

    Args:
        conn: Any connection.
        escrow_id: Which.
        reach: Only if payer or payee is in it.

    Raises:
        NoSuchEscrow: There is none, or it is between others.
    """
    found = await queries.select_escrow(conn, escrow_id, reach)
    if found is None:
        raise NoSuchEscrow("there is no escrow with this id among those that you may see")
    if reach.has_power and found.terms is not None:
        look(found.terms.payer_id, found.terms.payee_id)
    return found, (await queries.select_prices(conn, [escrow_id])).get(escrow_id)
