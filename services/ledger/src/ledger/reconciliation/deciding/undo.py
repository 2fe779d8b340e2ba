"""Take back a decision."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.deciding import queries
from ledger.reconciliation.errors import NoSuchDecision, NotUndoable
from ledger.reconciliation.models import Decision
from ledger.reconciliation.queries import insert_decisions, lock_account


async def undo_decision(
    conn: Connection,
    account_id: UUID,
    undone: UUID,
    *,
    reason: str,
    decision_id: UUID,
    operator: UUID,
    now: datetime,
) -> Decision:
    """Open a decision's items again; the decision stays, and this one beside it.

    Args:
        conn: Open transaction; the caller commits.
        account_id: Whose decision.
        undone: Which decision.
        reason: Why.
        decision_id: UUIDv7, new for this wish.
        operator: Who decides.
        now: The clock's time.

    Raises:
        NoSuchDecision: There is none.
        NotUndoable: Undone already, or a write-off, or itself an undoing.
    """
    await lock_account(conn, account_id)
    found = await queries.select_decisions(conn, account_id, decision_id=undone)
    if not found:
        raise NoSuchDecision(f"there is no decision {undone}")
    decision, _, before = found[0]
    if before or decision.kind not in ("MATCH", "IGNORE"):
        why = "was undone before" if before else f"is of kind {decision.kind}"
        raise NotUndoable(f"the decision {why}")
    undoing = Decision(
        decision_id, "UNDO", "manual", reason=reason, decided_by=operator, undoes=undone
    )
    await insert_decisions(conn, account_id, [undoing], now)
    await queries.reopen_items(conn, undone)
    return undoing
