"""Expressions by which the database writes the texts of leaves. Pure.

An auditor recomputes every leaf there is. Reading the rows and writing their canonical texts in
Python costs four times what it costs the database to write them; `leaf.encode_leaf` stays the
reference, and a property test holds the two byte by byte against each other. Nothing that was
stored about a leaf but its salt goes into what is recomputed.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.transparency.leaf import ENTRY_COLUMNS, TRANSFER_COLUMNS

#: Between the parts of a leaf: never inside one, because JSON escapes it.
SEPARATOR: Final = "\x1f"
_SEPARATOR_SQL: Final = r"E'\x1f'"
#: For a connection whose time zone is UTC: with any other, no leaf would be found right.
_MOMENT: Final = """to_char({}, '\\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\\"')"""

type Column = tuple[str, str]


def write_texts(transfer: Iterable[Column], entry: Iterable[Column]) -> dict[str, str]:
    """Expressions for the columns that the tables have now, those of later migrations too.

    Args:
        transfer: Name and type of each column, as `format_type` tells it.
        entry: The same.

    Returns:
        What `queries.RECHECK_LEAVES` is made whole with.

    Raises:
        TypeError: A column has a type without a text in a leaf.
    """
    transfer, entry = tuple(transfer), tuple(entry)
    return {
        "separator": _SEPARATOR_SQL,
        "posted": _MOMENT.format("w.posted_at"),
        "shown": _members("t", [one for one in transfer if one[0] in TRANSFER_COLUMNS]),
        "kept": _members("t", [one for one in transfer if one[0] not in TRANSFER_COLUMNS]),
        "moved": _members("w", [one for one in entry if one[0] in ENTRY_COLUMNS]),
        "standing": _members("w", [one for one in entry if one[0] not in ENTRY_COLUMNS]),
    }


def _members(table: str, columns: Sequence[Column]) -> str:
    """Members of a JSON object in order of name; `concat_ws` leaves NULL out."""
    members = [
        f"""'"{name}":' || {_text(f"{table}.{name}", kind)}""" for name, kind in sorted(columns)
    ]
    return f"concat_ws(',', {', '.join(members)})"


def _text(column: str, kind: str) -> str:
    match kind:
        case "text":
            return f"to_json({column})::text"
        case "jsonb":
            return f"to_json({column}::text)::text"
        case "timestamp with time zone":
            # Most times are the transfer's: written once, not six times.
            moment = _MOMENT.format(column)
            return f"CASE WHEN {column} = t.posted_at THEN t.posted_text ELSE {moment} END"
        case "bytea":
            return f"""'"' || encode({column}, 'hex') || '"'"""
        case "uuid" | "smallint" | "integer" | "bigint" | "boolean" | "numeric":
            return f"""'"' || {column} || '"'"""
        case _:
            raise TypeError(f"{column} has the type {kind}, which has no text in a leaf")
