"""A transfer with its entries as one leaf: every column is bound, and each reader sees their part.

A leaf lists commitments to *parts*, each a canonical JSON text with a salt of its own. So a receipt
can open what its owner may see and leave the rest closed, such as the other party's balance.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256, shake_256
from json.encoder import encode_basestring
from typing import Final, NamedTuple
from uuid import UUID

from ledger.transparency import tree

FORMAT: Final = "localex-transfer-v1"
SALT_BYTES: Final = 32
PART_SALT_BYTES: Final = 16

#: What every party to a transfer may see of it; a column not named here stays closed.
TRANSFER_COLUMNS: Final = frozenset(
    {"id", "kind", "entry_count", "effective_at", "posted_at", "reverses", "metadata"}
)
#: What moved. Where the account stands afterwards is a part of its own.
ENTRY_COLUMNS: Final = frozenset({"account_id", "position", "asset", "amount_minor"})

type Value = str | int | bytes | UUID | datetime
type Row = Mapping[str, Value | None]


class Part(NamedTuple):
    """A piece of a leaf that can be opened on its own."""

    name: str
    text: str
    account_id: Value | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A transfer as the tree binds it."""

    text: str
    parts: tuple[Part, ...]

    def hash(self) -> bytes:
        """The leaf's hash in the tree."""
        return tree.leaf_hash(self.text.encode())


def encode_leaf(transfer: Row, entries: Sequence[Row], *, salt: bytes) -> Leaf:
    """Encode a transfer.

    Args:
        transfer: The whole row, JSON columns as text (`metadata::text`), because a decoded number
            may have lost digits. NULLs are left out, so that a nullable column added later changes
            no leaf of before.
        entries: Its whole rows, in any order.
        salt: `SALT_BYTES` random bytes, stored with the leaf; without them nobody can tell a
            right guess of a closed part from a wrong one.

    Returns:
        The leaf, with all its parts.

    Raises:
        TypeError: A column has a type without a text of its own.
        ValueError: The salt is too short, a time has no zone, or positions do not run from 1.

    Source:
        docs/concepts/transparency.md, "A leaf"
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    ordered = sorted(entries, key=_position)
    if [entry["position"] for entry in ordered] != list(range(1, len(entries) + 1)):
        raise ValueError("positions of entries do not run from 1")
    shown, kept = _split(transfer, TRANSFER_COLUMNS)
    contents: list[tuple[str, str, Value | None]] = [
        ("transfer", shown, None),
        ("request", kept, None),
    ]
    for number, entry in enumerate(ordered, 1):
        moved, standing = _split(entry, ENTRY_COLUMNS)
        account_id = entry["account_id"]
        contents.append((f"entry/{number}", moved, account_id))
        contents.append((f"standing/{number}", standing, account_id))
    salts = shake_256(salt).hexdigest(PART_SALT_BYTES * len(contents))
    parts = tuple(
        Part(name, f'{{"columns":{{{columns}}},"part":"{name}","salt":"{own_salt}"}}', account_id)
        for (name, columns, account_id), own_salt in zip(contents, _cut(salts), strict=True)
    )
    commitments = '","'.join([sha256(part.text.encode()).hexdigest() for part in parts])
    return Leaf(f'{{"format":"{FORMAT}","parts":["{commitments}"]}}', parts)


def open_parts(
    leaf: Leaf, *, accounts: Collection[str], every_entry: bool, request: bool = False
) -> tuple[str, ...]:
    """The parts that go into somebody's receipt.

    Args:
        leaf: The transfer.
        accounts: Ids of the accounts that the reader owns: where these stand is opened.
        every_entry: Open what moved on all accounts, so that the reader can see it sums to zero.
        request: Open who asked for it, for the one who did and for operators.

    Returns:
        Texts of the opened parts, in the leaf's order.
    """

    def is_open(part: Part) -> bool:
        if part.name == "request":
            return request
        mine = part.account_id is None or str(part.account_id) in accounts
        return mine or (every_entry and part.name.startswith("entry/"))

    return tuple(part.text for part in leaf.parts if is_open(part))


def _split(row: Row, shown: frozenset[str]) -> tuple[str, str]:
    """The columns of a row as members of JSON objects: those that are shown, and the rest."""
    first, rest = _sorted_names(tuple(row.keys()), shown)
    return _members(row, first), _members(row, rest)


def _members(row: Row, names: list[str]) -> str:
    return ",".join(
        [
            f'"{name}":{_TEXTS.get(type(value), _json_text)(value)}'
            for name in names
            if (value := row[name]) is not None
        ]
    )


@lru_cache(maxsize=64)
def _sorted_names(names: tuple[str, ...], shown: frozenset[str]) -> tuple[list[str], list[str]]:
    """Names as RFC 8785 orders them; a table has the same for all of its rows."""
    if not all(name.isascii() and name.isidentifier() for name in names):
        raise ValueError("a column's name is an ASCII identifier")
    return sorted(shown & set(names)), sorted(set(names) - shown)


def _json_text(value: Value) -> str:
    """The one JSON string of a value: text as it is, digits, hex, lower-case UUID, UTC time."""
    match value:
        case str():
            return encode_basestring(value)
        case bool():
            return '"true"' if value else '"false"'
        case int() | UUID():
            return f'"{value}"'
        case bytes():
            return f'"{value.hex()}"'
        case datetime():
            return _moment(value)
        case _:
            raise TypeError(f"a column of type {type(value).__name__} has no text in {FORMAT}")


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f'"{utc.isoformat("T", "microseconds")[:-6]}Z"'


# Most columns are of these types, and `match` costs more than what it finds.
_TEXTS: Final[dict[type, Callable[..., str]]] = {
    str: encode_basestring,
    int: '"{}"'.format,
    UUID: '"{}"'.format,
    datetime: _moment,
}


def _cut(salts: str) -> list[str]:
    width = 2 * PART_SALT_BYTES
    return [salts[start : start + width] for start in range(0, len(salts), width)]


def _position(entry: Row) -> int:
    position = entry["position"]
    if not isinstance(position, int):
        raise TypeError("an entry's position is a whole number")
    return position
