"""Balances as they would be. Pure."""

from collections.abc import Mapping
from uuid import UUID

from contracts.money import render_amount
from ledger.accounts.models import Account
from ledger.journal.models import Entry, Position
from ledger.transfers.models import PreviewedBalance


def balances_of(
    positions: Mapping[UUID, Position], newest: Mapping[UUID, Entry], viewer: UUID | None
) -> list[PreviewedBalance]:
    """Accounts before and after.

    Args:
        positions: Before.
        newest: The last entry that each would get.
        viewer: Sees their own; nothing for operators, who see all.
    """
    return [
        _balance(position, newest.get(position.account_id))
        for position in positions.values()
        if viewer is None or position.owner_id == viewer
    ]


def _balance(position: Position, entry: Entry | None) -> PreviewedBalance:
    asset = position.asset
    after = entry.balance_after_minor if entry else position.balance_minor
    held = entry.held_after_minor if entry else position.held_minor
    soft_floor, available = position.soft_floor_minor, after - held

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


def unopened_position(account: Account, system_floor_minor: int | None = None) -> Position:
    """An account as it would be opened: no entries, and the floor that its kind has."""
    return Position(
        account.id,
        account.owner_id,
        account.type,
        account.asset,
        floor_minor=0 if account.owner_id else system_floor_minor,
        ceiling_minor=None,
        frozen=False,
        closed=False,
        account_seq=0,
        balance_minor=0,
        held_minor=0,
        posted_at=None,
    )
