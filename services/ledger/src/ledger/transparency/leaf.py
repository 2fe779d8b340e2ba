"""A transfer with its entries as one leaf: every column is bound, and each reader sees their part.

A leaf lists commitments to *parts*, each a canonical JSON text with a salt of its own. So a receipt
can open what its owner may see and leave the rest closed, such as the other party's balance.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest as hmac_digest
from json import JSONEncoder
from typing import Final
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

type Value = str | int | UUID | datetime
type Row = Mapping[str, Value | None]

# What RFC 8785 asks for, as long as all values are strings and all keys are ASCII.
_canonical = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a leaf that can be opened on its own."""

    name: str
    text: str
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A transfer as the tree binds it."""

    text: str
    parts: tuple[Part, ...]

    def hash(self) -> bytes:
        """The leaf's hash in the tree."""
        return tree.leaf_hash(self.text.encode())


def column_text(value: Value) -> str:
    """The one text of a column's value.

    Args:
        value: As the driver reads it; of JSON columns the text (`metadata::text`), because a
            decoded number may have lost digits.

    Returns:
        Text as it is, digits, `true` or `false`, lower-case UUID, or UTC to the microsecond.

    Raises:
        TypeError: A type that has no text here yet.
        ValueError: A time without a zone.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | UUID():
            return str(value)
        case datetime() if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        case datetime():
            utc = value.astimezone(UTC).replace(tzinfo=None)
            return utc.isoformat(timespec="microseconds") + "Z"
        case _:
            raise TypeError(f"a column of type {type(value).__name__} has no text in {FORMAT}")


def encode_leaf(transfer: Row, entries: Sequence[Row], *, salt: bytes) -> Leaf:
    """Encode a transfer.

    Args:
        transfer: The whole row. NULLs are left out, so that a nullable column added later changes
            no leaf of before.
        entries: Its whole rows, in any order.
        salt: `SALT_BYTES` random bytes, stored with the leaf; without them nobody can tell a
            right guess of a closed part from a wrong one.

    Returns:
        The leaf, with all its parts.

    Raises:
        ValueError: The salt is too short, or positions do not run from 1.

    Source:
        docs/concepts/transparency.md, "A leaf"
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    ordered = sorted(entries, key=_position)
    if [_position(entry) for entry in ordered] != list(range(1, len(entries) + 1)):
        raise ValueError("positions of entries do not run from 1")
    shown, kept = _split(transfer, TRANSFER_COLUMNS)
    parts = [_part("transfer", shown, salt), _part("request", kept, salt)]
    for number, entry in enumerate(ordered, 1):
        moved, standing = _split(entry, ENTRY_COLUMNS)
        account_id = moved["account_id"]
        parts.append(_part(f"entry/{number}", moved, salt, account_id))
        parts.append(_part(f"standing/{number}", standing, salt, account_id))
    commitments = [sha256(part.text.encode()).hexdigest() for part in parts]
    return Leaf(_canonical({"format": FORMAT, "parts": commitments}), tuple(parts))


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
        mine = part.account_id is None or part.account_id in accounts
        return mine or (every_entry and part.name.startswith("entry/"))

    return tuple(part.text for part in leaf.parts if is_open(part))


def _split(row: Row, shown: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    texts = {name: column_text(value) for name, value in row.items() if value is not None}
    return (
        {name: text for name, text in texts.items() if name in shown},
        {name: text for name, text in texts.items() if name not in shown},
    )


def _part(name: str, columns: dict[str, str], salt: bytes, account_id: str | None = None) -> Part:
    own_salt = hmac_digest(salt, name.encode(), "sha256")[:PART_SALT_BYTES].hex()
    text = _canonical({"columns": columns, "part": name, "salt": own_salt})
    return Part(name, text, account_id)


def _position(entry: Row) -> int:
    position = entry["position"]
    if not isinstance(position, int):
        raise TypeError("an entry's position is a whole number")
    return position
