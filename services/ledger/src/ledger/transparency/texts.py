"""The statement that lets the database write the texts of leaves. Pure.

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

#: Leaf, salt and stored hash; the texts of the parts; whether a closer look is due, which is at
#: what is incomplete, does not sum to zero, has other times than its transfer, or has a projection.
_STATEMENT: Final = """
SELECT l.leaf_index, l.transfer_id, l.salt, l.leaf_hash,
    CASE WHEN t.id IS NOT NULL THEN concat({shown}, {separator}, {kept}, e.said) END,
    t.id IS NULL OR e.counted IS DISTINCT FROM t.entry_count OR e.total <> 0 OR NOT e.one_asset
        OR NOT e.same_times OR e.holds OR t.reverses IS NOT NULL OR t.kind ^@ 'escrow.'
FROM transparency_leaf AS l
LEFT JOIN LATERAL (
    SELECT w.*, {posted} AS posted_text FROM transfer AS w WHERE w.id = l.transfer_id OFFSET 0
) AS t ON true
LEFT JOIN LATERAL (
    SELECT string_agg(
        concat({separator}, {moved}, {separator}, {standing}), '' ORDER BY w.position
    ) AS said, count(*) AS counted, sum(w.amount_minor) AS total,
        min(w.asset) = max(w.asset) AS one_asset, count(w.held_minor) > 0 AS holds,
        bool_and(w.posted_at = t.posted_at AND w.effective_at = t.effective_at) AS same_times
    FROM entry AS w WHERE w.transfer_id = l.transfer_id
) AS e ON true
WHERE l.leaf_index >= $1 AND l.leaf_index < $2 ORDER BY l.leaf_index
"""


def write_statement(transfer: Iterable[Column], entry: Iterable[Column]) -> str:
    """The statement for the columns that the tables have now, those of later migrations too.

    Args:
        transfer: Name and type of each column, as `format_type` tells it.
        entry: The same.

    Raises:
        TypeError: A column has a type without a text in a leaf.
    """
    transfer, entry = tuple(transfer), tuple(entry)
    return _STATEMENT.format(
        separator=_SEPARATOR_SQL,
        posted=_MOMENT.format("w.posted_at"),
        shown=_members("t", [one for one in transfer if one[0] in TRANSFER_COLUMNS]),
        kept=_members("t", [one for one in transfer if one[0] not in TRANSFER_COLUMNS]),
        moved=_members("w", [one for one in entry if one[0] in ENTRY_COLUMNS]),
        standing=_members("w", [one for one in entry if one[0] not in ENTRY_COLUMNS]),
    )


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
