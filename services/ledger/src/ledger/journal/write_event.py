"""Say that a transfer is posted, as JSON, without a model in between. Pure."""

import orjson

from chassis.outbox import Written
from contracts.ledger import TransferPosted
from ledger.journal.models import Posted


def write_event(posted: Posted) -> Written:
    """The event of a posted transfer, as `TransferPosted` would write it."""
    transfer = posted.transfer
    payload = {
        "transfer_id": transfer.id,
        "kind": transfer.kind,
        "effective_at": posted.effective_at,
        "posted_at": posted.posted_at,
        "reverses": transfer.reverses,
        "entries": [
            {
                "account_id": entry.account_id,
                "account_seq": entry.account_seq,
                "owner_id": entry.owner_id,
                "account_type": entry.account_type,
                "asset": entry.asset,
                "amount_minor": str(entry.amount_minor),
                "balance_after_minor": str(entry.balance_after_minor),
                "held_minor": str(entry.held_minor),
                "held_after_minor": str(entry.held_after_minor),
            }
            for entry in posted.entries
        ],
    }
    owners = dict.fromkeys(entry.owner_id for entry in posted.entries if entry.owner_id)
    text = orjson.dumps(payload, default=str, option=orjson.OPT_UTC_Z).decode()
    return Written(TransferPosted, str(transfer.id), tuple(owners), text)
