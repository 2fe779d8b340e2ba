"""Make anew what is derived from the journal, where an audit found it wrong."""

from collections.abc import Sequence
from typing import Final

from chassis.database import Connection
from ledger.audit import queries
from ledger.audit.errors import JournalWrong
from ledger.audit.models import Repair
from ledger.findings import Finding

_JOURNAL: Final = frozenset({"transfers", "entries", "log"})


async def repair_projections(
    conn: Connection, findings: Sequence[Finding], *, by: str
) -> list[Repair]:
    """Rebuild reservations, escrows, gifts' timers, the log's nodes and queue. Never the journal.

    For a look at what would change, roll the transaction back.

    Args:
        conn: Open transaction of somebody who may become the owner of the books; the caller
            commits. Writers of reservations and escrows wait for it.
        findings: What an audit found; those that are not derived from the journal are left out.
        by: Who wants it, for the trail in `projection_repair`.

    Returns:
        What changed, as it was and as it became.

    Raises:
        JournalWrong: Something is wrong that is not derived from anything.
    """
    for finding in findings:
        if finding.check in _JOURNAL and not finding.rebuild:
            raise JournalWrong(f"{finding.subject}: {finding.detail}; nothing was made anew")
    # Sorted: checks run beside each other, and what is shown must be what is done.
    wanted = sorted({finding.rebuild for finding in findings if finding.rebuild})
    if not wanted:
        return []
    await queries.lift_guards(conn)
    repairs = []
    for projection, key in wanted:
        if changed := await queries.rebuild(conn, projection, key, by):
            repairs.append(Repair(projection, key, *changed))
    await queries.set_guards(conn)
    return repairs
