"""Say how far ratings were brought into documents."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from search.sellers import queries
from search.sellers.lifecycle import go_on
from search.sellers.models import Spreading


async def go_on_spreading(
    conn: Connection, taken: Sequence[Spreading], last: tuple[UUID, UUID] | None
) -> None:
    """Write how far sellers are, so that whoever takes them next goes on there.

    Args:
        conn: The transaction in which they were taken; the caller commits.
        taken: The sellers.
        last: Seller and item of the page's last document; None when there was no more.
    """
    await queries.update_spreading(conn, go_on(taken, last))
