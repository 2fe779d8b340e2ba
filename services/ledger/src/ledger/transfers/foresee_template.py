"""Say what would become of a template now, and write nothing."""

from uuid import UUID

from chassis.problems import Problem
from ledger.journal.models import Position, Transfer
from ledger.transfers.compose import Maker, compose_transfer
from ledger.transfers.foresee import foresee_transfer
from ledger.transfers.models import ForeseenAnswer
from ledger.transfers.previews import unopened_position
from ledger.transfers.templates import Template


async def foresee_template(wish: Template, maker: Maker, *, viewer: UUID | None) -> ForeseenAnswer:
    """The entries, fees, problem and balances as they would be.

    Args:
        wish: What the client wants.
        maker: Who wishes, and with what; a dry run.
        viewer: Sees the balances of their own accounts; nothing for operators, who see all.
    """
    wanted: Transfer | Problem
    unopened: list[Position] = []
    try:
        composed = await compose_transfer(wish, maker)
    except Problem as problem:
        wanted = problem
    else:
        wanted = composed.transfer
        unopened = [unopened_position(account) for account in composed.system_accounts]
    async with maker.known.database.connection() as conn:
        return await foresee_transfer(conn, wanted, unopened=unopened, viewer=viewer, now=maker.now)
