"""Which tables the books are made of, how a row is written down, and what it digests to. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

FORMAT: Final = "localex-books-v1"

type Line = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the books and the order of its rows; parents come before what refers to them."""

    name: str
    key: tuple[str, ...]


#: Not here is what only delivers (outbox, inbox, dead letters), what the import makes anew (timers,
#: transfers that wait for the log), and what is gone within a transaction.
TABLES: Final = (
    Table("asset", ("code",)),
    Table("account", ("id",)),
    Table("account_policy_change", ("account_id", "version")),
    Table("restriction", ("user_id",)),
    Table("transfer", ("id",)),
    Table("entry", ("account_id", "account_seq")),
    Table("fee_schedule", ("id",)),
    Table("fee_quote", ("id",)),
    Table("reservation", ("id",)),
    Table("reservation_move", ("reservation_id", "version")),
    Table("escrow", ("id",)),
    Table("escrow_price", ("escrow_id",)),
    Table("gift_lot", ("id",)),
    Table("gift_lot_move", ("lot_id", "version")),
    Table("scheduled_transfer", ("id",)),
    Table("account_group", ("id",)),
    Table("account_group_member", ("group_id", "account_id", "added_at")),
    Table("exchange_rate", ("id",)),
    Table("exchange_quote", ("id",)),
    Table("exchange", ("transfer_id",)),
    Table("monitor", ("id",)),
    Table("monitor_crossing", ("monitor_id", "account_seq")),
    Table("reconciled_account", ("account_id",)),
    Table("reconciliation_setup", ("account_id", "version")),
    Table("bank_statement", ("account_id", "seq")),
    Table("reconciliation_item", ("account_id", "side", "number")),
    Table("reconciliation_run", ("id",)),
    Table("reconciliation_decision", ("id",)),
    Table("write_off_proposal", ("id",)),
    Table("issuance_request", ("id",)),
    Table("trade_agreement", ("trade_id",)),
    Table("trade_difference", ("trade_id", "kind", "found_at")),
    Table("refused_attempt", ("id",)),
    Table("idempotent_answer", ("owner", "key")),
    Table("transparency_key", ("key",)),
    Table("transparency_leaf", ("leaf_index",)),
    Table("transparency_node", ("level", "ordinal")),
    Table("transparency_checkpoint", ("size",)),
    Table("transparency_copy", ("size",)),
    Table("projection_repair", ("id",)),
    Table("history_import", ("id",)),
    Table("history_refusal", ("import_id", "row_number")),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the database describes it; what is generated must be overridden."""

    name: str
    type: str
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A table with its columns."""

    table: Table
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns, in their order."""
        return [column.name for column in self.columns]

    def line(self, row: Line) -> bytes:
        """A row as one canonical line: every value is its text, or null."""
        return orjson.dumps(dict(zip(self.names, row, strict=True))) + b"\n"


class Digest:
    """SHA-256 over the canonical lines of a table, in the order of its key."""

    def __init__(self, shape: Shape) -> None:
        """Begin with no row."""
        self._shape, self._hash, self.rows = shape, hashlib.sha256(), 0

    def add(self, rows: Iterable[Line]) -> bytes:
        """Take in rows; returns their lines."""
        lines = [self._shape.line(row) for row in rows]
        self.rows += len(lines)
        joined = b"".join(lines)
        self._hash.update(joined)
        return joined

    def told(self) -> dict[str, str | int]:
        """As the manifest tells it."""
        return {"rows": self.rows, "sha256": self._hash.hexdigest()}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds: the files' format, columns, counts and digests."""

    file_format: str
    made_at: str
    shapes: Mapping[str, Shape]
    digests: Mapping[str, Mapping[str, str | int]]

    def document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "format": FORMAT,
            "file_format": self.file_format,
            "made_at": self.made_at,
            "digest": "SHA-256 of the rows as JSON Lines, in the order of the key, values as text",
            "tables": {
                name: {
                    "file": f"{name}.{self.file_format}",
                    "key": list(shape.table.key),
                    "columns": {column.name: column.type for column in shape.columns},
                    **self.digests[name],
                }
                for name, shape in self.shapes.items()
            },
        }
