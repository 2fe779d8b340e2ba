"""Write off what lines and entries do not agree by."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import Cause
from ledger.accounts.open_system import open_system_account
from ledger.journal.models import Declined, Transfer
from ledger.journal.post import post_transfers
from ledger.journal.templates import pay
from ledger.reconciliation.deciding import queries
from ledger.reconciliation.deciding.pick import Picked, pick_items
from ledger.reconciliation.errors import NothingToWriteOff
from ledger.reconciliation.models import Decision, Item, Proposal, Setup
from ledger.reconciliation.queries import insert_decisions
from ledger.reconciliation.rules import normalise
from ledger.reconciliation.wishes import ItemsWish

COUNTER_ACCOUNT = "write-offs"


@dataclass(frozen=True, slots=True)
class People:
    """Who decides: one operator, and for large sums a second one."""

    decided_by: UUID
    approved_by: UUID | None = None


async def write_off_items(
    conn: Connection, setup: Setup, wish: ItemsWish, people: People, *, now: datetime
) -> Decision | Proposal:
    """Post what is missing on the account, and settle the items together with that entry.

    The other side of the transfer is the community's TRANSIT account named `write-offs`. Above the
    account's limit nothing is posted before a second operator has approved.

    Args:
        conn: Open transaction; the caller commits.
        setup: Of the account, the newest version.
        wish: Which items, and why.
        people: Who decides.
        now: The clock's time.

    Returns:
        The decision, or the proposal that waits for a second operator.

    Raises:
        NotOpen: One of the items is settled already, or is not there.
        NothingToWriteOff: The items agree.
        AccountFrozen: Or another problem of the journal: the transfer was declined.

    Emits:
        TransferPosted on `ledger.transfers.v1`, and AccountOpened at a community's first.
    """
    picked = await pick_items(conn, setup.account_id, wish.lines, wish.entries)
    missing_minor = picked.lines_minor - picked.entries_minor
    if missing_minor == 0:
        raise NothingToWriteOff("the lines and the entries agree: match them")
    if abs(missing_minor) > setup.write_off_limit_minor and people.approved_by is None:
        proposal = Proposal(
            new_id(),
            setup.account_id,
            picked.lines,
            picked.entries,
            missing_minor,
            wish.reason,
            "PROPOSED",
            people.decided_by,
            now,
        )
        await queries.insert_proposal(conn, proposal)
        return proposal
    transfer_id, number = await _post(conn, setup, missing_minor, wish.reason, people, now)
    item = Item(
        "ENTRY",
        number,
        missing_minor,
        now.date(),
        normalise(str(transfer_id)),
        wish.reason,
        transfer_id,
    )
    await queries.insert_entry_item(conn, setup.account_id, item)
    decision = _decision(picked, item, setup, wish.reason, people)
    await insert_decisions(conn, setup.account_id, [decision], now)
    return decision


async def _post(
    conn: Connection, setup: Setup, missing_minor: int, reason: str, people: People, now: datetime
) -> tuple[UUID, int]:
    """The transfer, and the number of its entry on the account."""
    counter = await open_system_account(
        conn, setup.community, "TRANSIT", setup.asset, now=now, name=COUNTER_ACCOUNT
    )
    source, destination = counter.id, setup.account_id
    if missing_minor < 0:
        source, destination = destination, source
    wanted = Transfer(
        new_id(),
        "reconciliation.write_off",
        pay(source, destination, setup.asset, abs(missing_minor)),
        initiated_by=people.decided_by,
        metadata={
            "reason": reason,
            "approved_by": str(people.approved_by) if people.approved_by else None,
        },
        cause=Cause.present(),
    )
    [verdict] = await post_transfers(conn, [wanted], now=now)
    if isinstance(verdict, Declined):
        raise verdict.problem
    return wanted.id, next(
        entry.account_seq for entry in verdict.entries if entry.account_id == setup.account_id
    )


def _decision(picked: Picked, item: Item, setup: Setup, reason: str, people: People) -> Decision:
    return Decision(
        new_id(),
        "WRITE_OFF",
        "manual",
        picked.lines,
        (*picked.entries, item.number),
        picked.lines_minor,
        picked.entries_minor + item.amount_minor,
        reason=reason,
        decided_by=people.decided_by,
        approved_by=people.approved_by,
        transfer_id=item.transfer_id,
        limit_minor=setup.write_off_limit_minor,
        written_off_minor=abs(item.amount_minor),
    )
