"""Events between Ana, who sells, and Ben."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.ledger import TransferPosted
from contracts.messages import MESSAGES, Message

ANA, BEN = UUID(int=0xA), UUID(int=0xB)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def trade(name: str, *, seller: UUID = ANA, buyer: UUID = BEN, **more: Any) -> Message:
    """A step of a trade."""
    facts = {
        "trade_id": UUID(int=1),
        "version": 1,
        "state": "offered",
        "item_id": UUID(int=2),
        "item_title": "Garden chair",
        "buyer_id": buyer,
        "seller_id": seller,
        "quantity": 1,
        "amount_minor": "1000",
        "asset": "LXC",
        "changed_at": NOW,
    }
    return MESSAGES[f"marketplace.{name}"].model_validate({**facts, **more})


def message(name: str, *, by: UUID = BEN, seller: UUID = ANA, buyer: UUID = BEN) -> Message:
    """Something said in a trade."""
    facts = {
        "trade_id": UUID(int=1),
        "seq": 1,
        "by_id": by,
        "buyer_id": buyer,
        "seller_id": seller,
        "said_at": NOW,
        "images": 0,
    }
    return MESSAGES[f"marketplace.{name}"].model_validate(facts)


def moved(kind: str, *, payer: UUID, payee: UUID) -> TransferPosted:
    """Ten credits from one to the other."""
    sides = ((payer, "-1000"), (payee, "1000"))
    entries = [
        {
            "account_id": UUID(int=3),
            "account_seq": 1,
            "owner_id": owner,
            "account_type": "MAIN",
            "asset": "LXC",
            "amount_minor": amount,
            "balance_after_minor": "0",
        }
        for owner, amount in sides
    ]
    facts = {"transfer_id": UUID(int=4), "effective_at": NOW, "posted_at": NOW}
    return TransferPosted.model_validate({**facts, "kind": kind, "entries": entries})


def gift(**more: Any) -> Message:
    """Ten credits from Ben to Ana, for a month."""
    facts = {
        "account_id": UUID(int=1),
        "account_seq": 1,
        "owner_id": ANA,
        "giver_id": BEN,
        "gift_id": UUID(int=5),
        "asset": "LXC",
        "amount_minor": "1000",
        "transfer_id": UUID(int=2),
        "memo": "for your birthday",
        "expires_at": NOW + timedelta(days=30),
    }
    return MESSAGES["ledger.GiftGiven"].model_validate({**facts, **more})


def decided(decision: str, *, by: UUID = BEN) -> Message:
    """What became of twenty thousand credits that Ana wanted to issue."""
    facts = {
        "request_id": UUID(int=1),
        "account_id": UUID(int=2),
        "asset": "LXC",
        "amount_minor": "2000000",
        "decision": decision,
        "requested_by": ANA,
        "decided_by": by,
        "transfer_id": UUID(int=3) if decision == "APPROVED" else None,
        "decided_at": NOW,
    }
    return MESSAGES["ledger.IssuanceDecided"].model_validate(facts)
