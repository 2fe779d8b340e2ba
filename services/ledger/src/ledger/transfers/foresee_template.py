"""Say what would become of a template now, and write nothing."""

from uuid import UUID

from chassis.database import Connection
from chassis.problems import Problem
from ledger.transfers.compose import Maker, compose_transfer
from ledger.transfers.foresee import foresee_transfer
from ledger.transfers.models import ForeseenAnswer
from ledger.transfers.previews import unopened_position
from ledger.transfers.templates import Template


async def foresee_template(
    conn: Connection, wish: Template, maker: Maker, *, viewer: UUID | None
) -> ForeseenAnswer:
    """The entries, fees, problem and balances as they would be.

    Args:
        conn: Any connection.
        wish: What the client wants.
        maker: Who wishes, and with what; a dry run.
        viewer: Sees the balances of their own accounts; nothing for operators, who see all.
    """
    try:
        composed = await compose_transfer(conn, wish, maker)
    except Problem as problem:
        return await foresee_transfer(conn, problem, viewer=viewer, now=maker.now)
    unopened = [unopened_position(account) for account in composed.system_accounts]
    return await foresee_transfer(
        conn, composed.transfer, unopened=unopened, viewer=viewer, now=maker.now
    )
