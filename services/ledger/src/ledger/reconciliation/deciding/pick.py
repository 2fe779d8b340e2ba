"""Pick the open items that an operator names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation import queries
from ledger.reconciliation.errors import NotOpen
from ledger.reconciliation.models import Decision
from ledger.reconciliation.wishes import ItemsWish


@dataclass(frozen=True, slots=True)
class Picked:
    """Open items by side, with their sums."""

    lines: tuple[int, ...]
    entries: tuple[int, ...]
    lines_minor: int
    entries_minor: int

    def settle(
        self, kind: Literal["MATCH", "IGNORE"], wish: ItemsWish, decision_id: UUID, operator: UUID
    ) -> Decision:
        """The decision of an operator about them."""
        return Decision(
            decision_id,
            kind,
            "manual",
            self.lines,
            self.entries,
            self.lines_minor,
            self.entries_minor,
            reason=wish.reason,
            decided_by=operator,
        )


async def pick_items(
    conn: Connection, account_id: UUID, lines: Sequence[int], entries: Sequence[int]
) -> Picked:
    """The named items, all of them open; the account is held until the transaction ends.

    Args:
        conn: Open transaction; the caller commits.
        account_id: Whose items.
        lines: Numbers of lines.
        entries: Numbers of entries.

    Raises:
        NotOpen: Names the items that are settled already or are not there.
    """
    await queries.lock_account(conn, account_id)
    found = await queries.select_open_numbered(conn, account_id, lines, entries)
    there = {(item.side, item.number) for item in found}
    missing = [f"LINE {n}" for n in lines if ("LINE", n) not in there]
    missing += [f"ENTRY {n}" for n in entries if ("ENTRY", n) not in there]
    if missing:
        raise NotOpen(f"settled already, or not there: {', '.join(missing[:20])}", items=missing)
    return Picked(
        tuple(sorted(set(lines))),
        tuple(sorted(set(entries))),
        sum(item.amount_minor for item in found if item.side == "LINE"),
        sum(item.amount_minor for item in found if item.side == "ENTRY"),
    )
