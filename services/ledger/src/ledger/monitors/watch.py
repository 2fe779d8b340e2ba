"""Look at what moved on watched accounts, and tell who watches."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import Cause, emit_each
from contracts.ledger_accounts import MonitorCrossed
from ledger.monitors import queries
from ledger.monitors.lifecycle import watch
from ledger.monitors.models import Crossing, Monitor

#: Monitors, and entries of each, in one transaction.
MONITORS_PAGE: Final = 50
ENTRIES_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """How far the monitors were gone through; `behind` says that one has more to look at."""

    last: UUID | None
    behind: bool = False


async def watch_balances(conn: Connection, *, after: UUID | None = None) -> Page:
    """Follow some monitors along their accounts' chains, and tell each crossing once.

    How far a monitor has looked is written together with what it told: whatever is repeated or
    breaks off, an entry is looked at once. Nothing of the posting path is touched or locked.

    Args:
        conn: Open transaction; the caller commits.
        after: Where the page before ended; nothing to begin.

    Returns:
        Where this page ended; nothing when no more are due after it.

    Emits:
        MonitorCrossed on `ledger.monitors.v1`, keyed by account, for each crossing.

    Source:
        docs/decisions/0024-monitors-behind-the-postings.md
    """
    due = await queries.lock_due(conn, after, MONITORS_PAGE)
    if not due:
        return Page(None)
    points = await queries.select_points(conn, due, ENTRIES_PAGE)
    seen: list[Monitor] = []
    told: list[tuple[Monitor, Crossing]] = []
    for monitor in due:
        left, crossings = watch(monitor, points[monitor.id])
        seen.append(left)
        told += [(left, one) for one in crossings]
    await queries.update_seen(conn, seen)
    await queries.insert_crossings(conn, told)
    # An account's crossings are told in the order of its chain.
    told.sort(key=lambda one: one[1].account_seq)
    await emit_each(conn, [(_event(*one), Cause()) for one in told])
    return Page(due[-1].id, any(len(found) == ENTRIES_PAGE for found in points.values()))


def _event(monitor: Monitor, crossing: Crossing) -> MonitorCrossed:
    return MonitorCrossed(
        monitor_id=monitor.id,
        owner_id=monitor.owner_id,
        account_id=monitor.account_id,
        account_seq=crossing.account_seq,
        transfer_id=crossing.transfer_id,
        asset=monitor.asset,
        kind=monitor.kind,
        threshold_minor=monitor.threshold_minor,
        observed_minor=crossing.observed_minor,
        window_seconds=monitor.window_seconds,
        label=monitor.label,
        crossed_at=crossing.crossed_at,
    )
