"""How accounts and entries look to a client. Pure."""

from collections.abc import Mapping
from typing import Any

from contracts.money import render_amount
from ledger.accounts.models import AccountAnswer, Balance, EntryAnswer, EntryLine, ExchangeAnswer


def render_balance(balance: Balance) -> AccountAnswer:
    """An account as a client sees it."""

    def amount(minor: int | None) -> str | None:
        return None if minor is None else render_amount(minor, balance.asset)

    return AccountAnswer(
        id=balance.id,
        owner_id=balance.owner_id,
        type=balance.type,
        asset=balance.asset,
        community=balance.community,
        balance=render_amount(balance.balance_minor, balance.asset),
        available=render_amount(balance.available_minor, balance.asset),
        held=render_amount(balance.held_minor, balance.asset),
        version=balance.version,
        floor=amount(balance.floor_minor),
        ceiling=amount(balance.ceiling_minor),
        frozen=balance.frozen,
        closed=balance.closed,
        created_at=balance.created_at,
        moved_at=balance.moved_at,
    )


def render_entry(line: EntryLine) -> EntryAnswer:
    """An entry as a client sees it."""
    return EntryAnswer(
        seq=line.account_seq,
        transfer_id=line.transfer_id,
        kind=line.kind,
        amount=render_amount(line.amount_minor, line.asset),
        asset=line.asset,
        balance_after=render_amount(line.balance_after_minor, line.asset),
        held=render_amount(line.held_minor, line.asset),
        held_after=render_amount(line.held_after_minor, line.asset),
        memo=line.metadata.get("memo"),
        exchange=render_exchange(line.metadata),
        effective_at=line.effective_at,
        posted_at=line.posted_at,
    )


def render_exchange(metadata: Mapping[str, Any]) -> ExchangeAnswer | None:
    """The terms of an exchange as its transfer keeps them; nothing for any other transfer."""
    kept = metadata.get("exchange")
    if kept is None:
        return None
    return ExchangeAnswer(
        sold=render_amount(int(kept["sold"]), kept["from"]),
        from_asset=kept["from"],
        bought=render_amount(int(kept["bought"]), kept["to"]),
        to_asset=kept["to"],
        spread=render_amount(int(kept["spread"]), kept["to"]),
        residue=render_amount(int(kept["residue"]), kept["to"]),
        rate=kept["rate"],
        source=kept["source"],
        spread_bps=kept["spread_bps"],
        rate_id=kept["rate_id"],
        quote_id=kept.get("quote_id"),
    )
