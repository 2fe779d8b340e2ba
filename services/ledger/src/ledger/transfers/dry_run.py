"""Say what would become of wishes now, and write nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.problems import Problem
from ledger.journal.models import Posted, Transfer
from ledger.journal.preview import preview_transfers
from ledger.transfers.bulk import link, merge, refusal_of, results_of
from ledger.transfers.models import BulkItem, PreviewAnswer, SendBulk
from ledger.transfers.prepare import Prepared
from ledger.transfers.previews import balances_of, unopened_position


async def preview_bulk(
    conn: Connection, bulk: SendBulk, prepared: Prepared, *, viewer: UUID, now: datetime
) -> PreviewAnswer:
    """The result, fees and problem of each wish, and the viewer's balances after all of them.

    Args:
        conn: Any connection.
        bulk: The wishes.
        prepared: Their transfers, or why there can be none.
        viewer: Sees the balances of their own accounts only.
        now: The clock's time.
    """
    items: Sequence[BulkItem] = bulk.transfers
    linked = link(bulk.mode, items, prepared.transfers, (new_id() for _ in items))
    wanted = [one for one in linked if isinstance(one, Transfer)]
    unopened = [unopened_position(account) for account in prepared.fee_accounts]
    verdicts, positions = await preview_transfers(conn, wanted, unopened=unopened, now=now)
    outcomes: list[Posted | Problem] = merge(linked, verdicts)
    results = [
        one.model_copy(update={"transfer_id": None}) for one in results_of(0, items, outcomes)
    ]
    newest = {
        entry.account_id: entry
        for one in outcomes
        if isinstance(one, Posted)
        for entry in one.entries
    }
    posted = sum(one.status == "posted" for one in results)
    if bulk.mode == "atomic" and refusal_of(results):
        posted, newest = 0, {}
    return PreviewAnswer(
        mode=bulk.mode,
        posted=posted,
        refused=len(results) - posted,
        results=results,
        balances=balances_of(positions, newest, viewer),
    )
