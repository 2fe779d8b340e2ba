"""How a transfer looks to whom. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.idempotency import Answer
from contracts.money import render_amount
from ledger.accounts.render import render_exchange
from ledger.fees.requests import FeeAnswer
from ledger.journal.models import Entry, Posted, Transfer
from ledger.reach import Reach
from ledger.transfers.models import Recorded, Side, TransferAnswer


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
                None,
                entry.account_type,
                entry.asset,
                entry.amount_minor,
                entry.balance_after_minor,
            )
            for entry in posted.entries
        ),
    )


def describe_transfer(recorded: Recorded, viewer: UUID | None) -> dict[str, Any]:
    """A `TransferAnswer` as plain values: what a person may see of a transfer.

    Args:
        recorded: The transfer.
        viewer: The person, who sees balances only of their own accounts; nothing for operators,
            who see all.
    """
    return _describe(recorded, recorded.sides, (recorded.effective_at, recorded.posted_at), viewer)


def _describe(
    told: Recorded | Transfer,
    sides: Sequence[Side | Entry],
    times: tuple[datetime, datetime],
    viewer: UUID | None,
) -> dict[str, Any]:
    metadata = told.metadata
    exchange = render_exchange(metadata)
    return {
        "id": told.id,
        "kind": told.kind,
        "entries": [
            {
                "account_id": side.account_id,
                "account_type": side.account_type,
                "amount": render_amount(side.amount_minor, side.asset),
                "asset": side.asset,
                "balance_after": render_amount(side.balance_after_minor, side.asset)
                if viewer is None or side.owner_id == viewer
                else None,
            }
            for side in sides
        ],
        "fees": [fee.model_dump() for fee in fees_of(metadata, sides[0].asset)],
        "exchange": exchange.model_dump() if exchange else None,
        "memo": metadata.get("memo"),
        "reason": metadata.get("reason"),
        "reverses": told.reverses,
        "effective_at": times[0],
        "posted_at": times[1],
    }


def render_transfer(recorded: Recorded, reach: Reach) -> TransferAnswer:
    """A transfer as a route answers it: with the balances of accounts within reach."""
    described = describe_transfer(recorded, reach.owner)
    for side, shown in zip(recorded.sides, described["entries"], strict=True):
        if reach.community not in (None, side.community):
            shown["balance_after"] = None
    return TransferAnswer.model_validate(described)


def answer_to(posted: Posted, viewer: UUID | None) -> Answer:
    """What is answered to whoever had a transfer posted: written at once, as the model would."""
    times = (posted.effective_at, posted.posted_at)
    described = _describe(posted.transfer, posted.entries, times, viewer)
    body = orjson.dumps(described, default=str, option=orjson.OPT_UTC_Z)
    return Answer(201, body, {"Location": f"/v1/transfers/{posted.transfer.id}"})


def fees_of(metadata: Mapping[str, Any], asset: str) -> list[FeeAnswer]:
    """The itemised fees that a transfer keeps."""
    kept = metadata.get("fees") or {}
    return [
        FeeAnswer(tier=tier, amount=render_amount(int(minor), asset))
        for tier, minor in kept.get("items", ())
    ]
