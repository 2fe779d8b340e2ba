"""How a transfer looks to whom. Pure."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from contracts.money import render_amount
from ledger.accounts.render import render_exchange
from ledger.fees.requests import FeeAnswer
from ledger.journal.models import Posted
from ledger.transfers.models import Recorded, Side, SideAnswer, TransferAnswer


def record_of(posted: Posted) -> Recorded:
    """A transfer that was posted just now, as if read from the books."""
    return Recorded(
        id=posted.transfer.id,
        kind=posted.transfer.kind,
        effective_at=posted.effective_at,
        posted_at=posted.posted_at,
        reverses=posted.transfer.reverses,
        metadata=dict(posted.transfer.metadata),
        sides=tuple(
            Side(
                entry.account_id,
                entry.owner_id,
                entry.account_type,
                entry.asset,
                entry.amount_minor,
                entry.balance_after_minor,
            )
            for entry in posted.entries
        ),
    )


def render_transfer(recorded: Recorded, viewer: UUID | None) -> TransferAnswer:
    """What a person may see of a transfer: balances only of their own accounts.

    Args:
        recorded: The transfer.
        viewer: The person; nothing for operators, who see all.
    """
    return TransferAnswer(
        id=recorded.id,
        kind=recorded.kind,
        entries=[
            SideAnswer(
                account_id=side.account_id,
                account_type=side.account_type,
                amount=render_amount(side.amount_minor, side.asset),
                asset=side.asset,
                balance_after=render_amount(side.balance_after_minor, side.asset)
                if viewer is None or side.owner_id == viewer
                else None,
            )
            for side in recorded.sides
        ],
        fees=fees_of(recorded.metadata, recorded.sides[0].asset),
        exchange=render_exchange(recorded.metadata),
        memo=recorded.metadata.get("memo"),
        reason=recorded.metadata.get("reason"),
        reverses=recorded.reverses,
        effective_at=recorded.effective_at,
        posted_at=recorded.posted_at,
    )


def fees_of(metadata: Mapping[str, Any], asset: str) -> list[FeeAnswer]:
    """The itemised fees that a transfer keeps."""
    kept = metadata.get("fees") or {}
    return [
        FeeAnswer(tier=tier, amount=render_amount(int(minor), asset))
        for tier, minor in kept.get("items", ())
    ]
