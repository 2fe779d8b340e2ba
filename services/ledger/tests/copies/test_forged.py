"""A copy whose manifest was made to fit its forged rows is refused by the rules of the books."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from ledger.books.errors import BadRow
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import open_api
from services.ledger.tests.copies.everything import fill
from services.ledger.tests.copies.test_round_trip import bring_in, empty_books, export

type Row = dict[str, Any]

#: Table, which row, what is forged in it (nothing: the row is gone), and the rule that is broken.
FORGED: Final = {
    "a gift of which more is left": (
        "gift_lot_move", lambda row: row["change_minor"] == "-40", {"change_minor": "-39"},
        "gift_entry_of_lots",
    ),
    "a gift that was larger": (
        "gift_lot", lambda row: row["state"] == "OPEN", {"amount_minor": "9000"},
        "gift_lot_begins_whole",
    ),
    "a wider limit": (
        "account", lambda row: row["policy_version"] == "3", {"floor_minor": "-7"},
        "account_policy_of_versions",
    ),
    "a limit that nobody set": (
        "account", lambda row: row["policy_version"] == "1", {"policy_version": "2"},
        "account_policy_of_versions",
    ),
    "a version of a policy that is gone": (
        "account_policy_change", lambda row: row["version"] == "2", None,
        "account_policy_of_versions",
    ),
    "a transfer for later that was posted early": (
        "scheduled_transfer", lambda row: row["state"] == "POSTED",
        {"changed_at": "2026-11-21T12:00:03.000000Z"}, "scheduled_transfer_not_before_due",
    ),
    "a better price of an exchange": (
        "exchange", lambda row: row["quote_id"], {"remainder": "1"}, "exchange_at_rate",
    ),
    "an exchange without its record": (
        "exchange", lambda row: row["quote_id"], None, "transfer_of_exchange",
    ),
    "a price that somebody else accepted": (
        "escrow_price", lambda _: True, {"accepted_by": "01a1fef5-68d8-733c-bc13-b88925f9d23b"},
        "escrow_price_promised",
    ),
    "a membership over another": (
        "account_group_member", lambda row: row["removed_at"],
        {"removed_at": "2026-12-21T12:00:00.000000Z"}, "account_group_member_at_most_once",
    ),
    "a line of another amount": (
        "reconciliation_item", lambda row: row["side"] == "LINE", {"amount_minor": "501"},
        "reconciliation_decision_whole",
    ),
    "an item of no entry": (
        "reconciliation_item", lambda row: row["side"] == "ENTRY", {"amount_minor": "501"},
        "reconciliation_item_true",
    ),
    "a statement that does not continue": (
        "bank_statement", lambda _: True, {"last_number": "4"}, "bank_statement_continues",
    ),
    "a write-off under a limit that was never set": (
        "reconciliation_decision", lambda row: row["kind"] == "WRITE_OFF", {"limit_minor": "777"},
        "reconciliation_write_off_true",
    ),
    "a match of more than was there": (
        "reconciliation_decision",
        lambda row: row["kind"] == "MATCH" and row["entries_minor"] == "800",
        {"line_count": "3"}, "reconciliation_decision_whole",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
async def filled(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of all that there is."""
    folder = tmp_path_factory.mktemp("filled")
    async with empty_books(postgres) as books, open_api(books, folder) as api:
        await fill(books, api)
        await export(books, folder / "books", "jsonl")
    return folder / "books"


def forge(folder: Path, table: str, which: Any, change: Row | None) -> None:
    """Change the last such row, and let the manifest agree."""
    path, manifest = folder / f"{table}.jsonl", folder / "manifest.json"
    rows: list[Row] = [json.loads(line) for line in path.read_bytes().splitlines()]
    place = max(place for place, row in enumerate(rows) if which(row))
    rows[place : place + 1] = [rows[place] | change] if change else []
    content = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    path.write_bytes(content)
    document = json.loads(manifest.read_text())
    said = {"rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
    document["tables"][table] |= said
    manifest.write_text(json.dumps(document))


@pytest.mark.parametrize("forgery", FORGED)
async def test_a_forged_copy_breaks_a_rule(
    books: Books, filled: Path, tmp_path: Path, forgery: str
) -> None:
    """The digests agree; the database names the rule, and nothing comes in."""
    for file in filled.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    table, which, change, rule = FORGED[forgery]
    forge(tmp_path, table, which, change)
    with pytest.raises(BadRow, match=rule):
        await bring_in(books, tmp_path)
    assert await books.value("SELECT count(*) FROM account") == 0
