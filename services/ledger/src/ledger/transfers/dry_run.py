"""Say what would become of wishes now, and write nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.problems import Problem
from contracts.money import render_amount
from ledger.accounts.models import Account
from ledger.journal.models import Entry, Position, Posted, Transfer
from ledger.journal.preview import preview_transfers
from ledger.transfers.bulk import link, merge, refusal_of, results_of
from ledger.transfers.models import BulkItem, PreviewAnswer, PreviewedBalance, SendBulk
from ledger.transfers.prepare import Prepared


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
    unopened = [_new_position(account) for account in prepared.fee_accounts]
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
        balances=_balances(positions, newest, viewer),
    )


def _balances(
    positions: Mapping[UUID, Position], newest: Mapping[UUID, Entry], viewer: UUID
) -> list[PreviewedBalance]:
    return [
        _balance(position, newest.get(position.account_id))
        for position in positions.values()
        if position.owner_id == viewer
    ]


def _balance(position: Position, entry: Entry | None) -> PreviewedBalance:
    asset = position.asset
    after = entry.balance_after_minor if entry else position.balance_minor
    soft_floor, available = position.soft_floor_minor, after - position.held_minor

    def text(minor: int | None) -> str | None:
        return None if minor is None else render_amount(minor, asset)

    return PreviewedBalance(
        account_id=position.account_id,
        account_type=position.account_type,
        asset=asset,
        balance_before=render_amount(position.balance_minor, asset),
        balance_after=render_amount(after, asset),
        available_after=render_amount(available, asset),
        floor=text(position.floor_minor),
        ceiling=text(position.ceiling_minor),
        soft_floor=text(soft_floor),
        below_soft_floor=soft_floor is not None and available < soft_floor,
    )


def _new_position(account: Account) -> Position:
    """As an account of the system would be opened: no limits, no entries."""
    return Position(
        account.id,
        account.owner_id,
        account.type,
        account.asset,
        floor_minor=None,
        ceiling_minor=None,
        frozen=False,
        closed=False,
        account_seq=0,
        balance_minor=0,
        held_minor=0,
        posted_at=None,
    )
