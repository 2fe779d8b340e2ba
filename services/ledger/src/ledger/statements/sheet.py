"""A statement as CSV (RFC 4180), page by page. Pure, but for the pages it is given."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Final

from contracts.money import render_amount
from ledger.statements.digest import Digest, write_time
from ledger.statements.models import Facts, Row

MEDIA_TYPE: Final = "text/csv; charset=utf-8; header=present"
COLUMNS: Final = (
    "line",
    "seq",
    "effective_at",
    "posted_at",
    "transfer_id",
    "kind",
    "counterparty",
    "memo",
    "amount",
    "balance",
    "asset",
)
#: What a spreadsheet may take for the beginning of a formula, full-width forms too.
_FORMULA: Final = tuple("=+-@\t\r\n|%＝＋－＠")  # noqa: RUF001 - full-width on purpose
_QUOTE: Final = "'"
#: In place of a checkpoint.
UNSIGNED: Final = "none was signed yet"


def write_cell(text: str) -> str:
    """Text of people in a cell: never a formula. Whoever strips one leading `'` has it as it was.

    What stands behind spaces counts as well: some programs cut them.
    """
    dangerous = text.lstrip().startswith(_FORMULA) or text.startswith((_QUOTE, "\t", "\r", "\n"))
    return _QUOTE + text if dangerous else text


async def write_sheet(facts: Facts, pages: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
    """The file, part by part; the closing line, the digest and the checkpoint are its end.

    Args:
        facts: What the statement says besides its entries.
        pages: Its entries.

    Yields:
        Parts, each a page long.
    """
    digest, asset = Digest(facts), facts.asset
    known = write_time(facts.known_at)

    def amount(minor: int) -> str:
        return render_amount(minor, asset)

    account = f"account {facts.account_id}, {facts.account_type} in {facts.community}"
    yield _lines(
        [
            COLUMNS,
            (
                *("opening", "", write_time(facts.begins), known, "", "", ""),
                *(account, "", amount(facts.opening_minor), asset),
            ),
        ]
    )
    async for page in pages:
        for row in page:
            digest.add(row)
        yield _lines([_entry(row, asset) for row in page])
    moved = amount(facts.closing_minor - facts.opening_minor)
    yield _lines(
        [
            (
                *("closing", "", write_time(facts.ends), known, "", "", ""),
                *(f"{facts.entries} entries", moved, amount(facts.closing_minor), asset),
            ),
            ("digest", *("",) * 6, f"sha256:{digest.close()}", "", "", ""),
            ("checkpoint", *("",) * 6, facts.checkpoint or UNSIGNED, "", "", ""),
        ]
    )


def _entry(row: Row, asset: str) -> tuple[str, ...]:
    line = row.line
    return (
        "entry",
        str(line.account_seq),
        write_time(line.effective_at),
        write_time(line.posted_at),
        str(line.transfer_id),
        line.kind,
        write_cell(row.others),
        write_cell(str(line.metadata.get("memo") or "")),
        render_amount(line.amount_minor, asset),
        render_amount(row.balance_minor, asset),
        asset,
    )


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    # Half a character can't be written as UTF-8, and none is in what was posted.
    return text.getvalue().encode("utf-8", "backslashreplace")
