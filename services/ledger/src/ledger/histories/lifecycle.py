"""Reads rows into wishes and gives each its transfer's id. Pure.

When several things are wrong with a row, the first of these is told: it cannot be read, a field is
not as it must be, a party is unknown, it was posted before; then the journal's own order.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from chassis.problems import Malformed
from ledger.histories.models import Kind, OpeningRow, Raw, Refusal, TransferRow, Wish
from ledger.text import read_amount

#: Where opening balances come from, and what they owe to.
OPENING: Final = "system:opening-balances"


def read_row(raw: Raw, row_number: int, kind: Kind) -> Wish | Refusal:
    """A row as a wish, or why it is none."""
    if raw.fault:
        return Refusal(row_number, raw.line, None, None, "unreadable", raw.fault)
    values = {name: value for name, value in raw.values.items() if value not in ("", None)}
    try:
        return _open(values) if kind == "OPENING" else _move(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        rule, message = first["type"], first["msg"]
    except Malformed as problem:
        fault = problem.facts["errors"][0]
        field, rule, message = fault["field"], fault["rule"], fault["message"]
    reference = values.get("reference")
    text = reference[:200] if isinstance(reference, str) else None
    return Refusal(row_number, raw.line, text, field, rule, message)


def _move(values: Mapping[str, Any]) -> Wish:
    row = TransferRow.model_validate(values)
    return Wish(
        row.reference,
        row.effective_at,
        row.source,
        row.destination,
        read_amount(row.amount, row.asset),
        row.asset,
        row.kind,
        row.memo,
    )


def _open(values: Mapping[str, Any]) -> Wish:
    """Against the account of opening balances; who owed pays to it."""
    row = OpeningRow.model_validate(values)
    owed = row.amount.startswith("-")
    amount_minor = read_amount(row.amount.removeprefix("-"), row.asset)
    sides = (row.account, OPENING) if owed else (OPENING, row.account)
    reference = f"{row.account}/{row.asset}"
    return Wish(
        reference, row.effective_at, *sides, amount_minor, row.asset, "opening_balance", None
    )


def transfer_id(started_at: datetime, name: str, reference: str) -> UUID:
    """The id of a row's transfer: the same whenever it is brought in, so that it is once.

    It is a UUIDv7 of the moment when the import began, whose random bits are a hash: events of
    later transfers are never older.
    """
    moment = int(started_at.timestamp() * 1000)
    digest = int.from_bytes(hashlib.sha256(f"{name}\0{reference}".encode()).digest()[:10])
    high, low = digest >> 62 & 0xFFF, digest & (1 << 62) - 1
    return UUID(int=moment << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
