"""Say what would become of one transfer now, and write nothing."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Problem
from ledger.accounts.render import render_exchange
from ledger.journal.models import Declined, Position, Posted, Transfer
from ledger.journal.preview import preview_transfers
from ledger.reach import Reach
from ledger.transfers.lifecycle import fees_of, record_of, render_transfer
from ledger.transfers.models import ForeseenAnswer
from ledger.transfers.previews import balances_of


async def foresee_transfer(
    conn: Connection,
    wanted: Transfer | Problem,
    *,
    unopened: Iterable[Position] = (),
    viewer: UUID | None,
    now: datetime,
) -> ForeseenAnswer:
    """The entries, fees, problem and balances of a transfer as they would be.

    Args:
        conn: Any connection.
        wanted: As for posting, or why there can be none.
        unopened: Accounts that would be opened first.
        viewer: Sees the balances of their own accounts; nothing for operators, who see all.
        now: The clock's time.
    """
    if isinstance(wanted, Problem):
        return ForeseenAnswer(
            status="refused",
            kind=None,
            entries=[],
            fees=[],
            exchange=None,
            problem=wanted.document(),
            balances=[],
        )
    [verdict], positions = await preview_transfers(conn, [wanted], unopened=unopened, now=now)
    posted = verdict if isinstance(verdict, Posted) else None
    newest = {entry.account_id: entry for entry in posted.entries} if posted else {}
    touched = {movement.account_id for movement in wanted.movements}
    seen = {key: position for key, position in positions.items() if key in touched}
    return ForeseenAnswer(
        status="posted" if posted else "refused",
        kind=wanted.kind,
        entries=render_transfer(record_of(posted), Reach(viewer)).entries if posted else [],
        fees=fees_of(wanted.metadata, wanted.movements[0].asset),
        exchange=render_exchange(wanted.metadata),
        problem=verdict.problem.document() if isinstance(verdict, Declined) else None,
        balances=balances_of(seen, newest, viewer),
    )
