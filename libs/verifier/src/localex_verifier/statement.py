"""A statement of account as CSV: its sums, its digest, and the checkpoint it names."""

import csv
import io
import re
from collections.abc import Sequence
from decimal import Context, Decimal, Inexact, localcontext
from hashlib import sha256
from typing import Final

from localex_verifier.errors import Wrong
from localex_verifier.note import Key, open_checkpoint
from localex_verifier.receipt import Report
from localex_verifier.strict import FILE_MAX_BYTES

FORMAT: Final = "localex-statement-v1"
_COLUMNS: Final = (
    *("line", "seq", "effective_at", "posted_at", "transfer_id", "kind", "counterparty", "memo"),
    *("amount", "balance", "asset"),
)
_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,37})(\.[0-9]{1,18})?", re.ASCII)
_ACCOUNT = re.compile(r"account ([0-9a-f-]{36}), .*", re.ASCII)
_BOUNDS: Final = 4
#: How a statement begins, and no receipt does.
BEGINNING: Final = "line,seq,"

Line = dict[str, str]


def verify_statement(text: str, *, keys: Sequence[Key] = ()) -> Report:
    """Verify a statement: nothing in its figures was changed since it was made.

    That the books say the same is shown by the receipt of each transfer, and by asking for the
    statement again as it was known at the same time: it has the same digest.

    Args:
        text: The CSV file's text.
        keys: Keys of the log that one trusts, got by another way than the statement.

    Returns:
        What was proven, in words, and what remains to be shown.

    Raises:
        Wrong: Something does not hold.
    """
    lines = _read_lines(text)
    opening, entries = lines[0], lines[1:-3]
    closing, digest, checkpoint = lines[-3:]
    # 38 digits and more: no rounding may hide a difference.
    with localcontext(Context(prec=60, traps=[Inexact])):
        _add_up(opening, entries, closing)
    if digest["memo"] != f"sha256:{_digest(opening, entries, closing)}":
        raise Wrong("the digest is not that of these figures: the file was changed")
    asset = opening["asset"]
    report = Report()
    report.proven.append(
        f"Opening {opening['balance']} {asset} and {len(entries)} entries make closing "
        f"{closing['balance']} {asset}, and the digest is of these figures."
    )
    report.unproven.append(
        "That the books say so: ask again for this period as known at "
        f"{opening['posted_at']}, and compare the digest; or verify the transfers' receipts."
    )
    if checkpoint["memo"] == "none was signed yet":
        return report
    log = open_checkpoint(checkpoint["memo"], keys)
    if log.signed_by:
        report.proven.append(f"It names {log}, signed by {log.signed_by[0]}.")
    else:
        report.unproven.append(f"Who signed {log}: none of the keys given.")
    return report


def _read_lines(text: str) -> list[Line]:
    """The lines, in the one order that a statement has."""
    if len(text) > FILE_MAX_BYTES:
        raise Wrong(f"the statement is larger than {FILE_MAX_BYTES} bytes")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Wrong(f"the statement is no CSV: {error}") from None
    if not rows or tuple(rows[0]) != _COLUMNS or any(len(row) != len(_COLUMNS) for row in rows):
        raise Wrong(f"a statement has the columns {', '.join(_COLUMNS)}")
    lines = [dict(zip(_COLUMNS, row, strict=True)) for row in rows[1:]]
    wanted = [
        "opening",
        *["entry"] * (len(lines) - _BOUNDS),
        "closing",
        "digest",
        "checkpoint",
    ]
    if [line["line"] for line in lines] != wanted:
        raise Wrong("the statement is not whole: opening, entries, closing, digest, checkpoint")
    return lines


def _add_up(opening: Line, entries: Sequence[Line], closing: Line) -> None:
    running = _amount(opening["balance"])
    for entry in entries:
        running += _amount(entry["amount"])
        if _amount(entry["balance"]) != running:
            raise Wrong(f"entry {entry['seq']} does not continue the balance before it")
        if entry["asset"] != opening["asset"]:
            raise Wrong(f"entry {entry['seq']} is of another asset")
    if _amount(closing["balance"]) != running:
        raise Wrong("opening and entries do not make closing")


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise Wrong(f"{text[:60]!r} is no amount")
    return Decimal(text)


def _digest(opening: Line, entries: Sequence[Line], closing: Line) -> str:
    account = _ACCOUNT.fullmatch(opening["memo"])
    if account is None:
        raise Wrong("the opening does not name the account")
    lines: list[tuple[str, ...]] = [
        (FORMAT,),
        ("account", account[1], opening["asset"]),
        ("from", opening["effective_at"]),
        ("to", closing["effective_at"]),
        ("known", opening["posted_at"]),
        ("opening", opening["balance"]),
    ]
    told = ("seq", "effective_at", "posted_at", "transfer_id", "kind", "amount", "balance")
    lines += [("entry", *(entry[name] for name in told)) for entry in entries]
    lines.append(("closing", closing["balance"], str(len(entries))))
    return sha256("".join("\t".join(line) + "\n" for line in lines).encode()).hexdigest()
