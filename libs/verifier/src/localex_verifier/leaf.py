"""A transfer as the log binds it: the leaf, the parts that were opened, and what they say."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from localex_verifier import merkle
from localex_verifier.errors import Wrong
from localex_verifier.strict import read_canonical, read_list, read_text, require_fields

FORMAT: Final = "localex-transfer-v1"
_COMMITMENT = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"transfer|request|(?:entry|standing)/([1-9][0-9]{0,5})", re.ASCII)
_AMOUNT = re.compile(r"0|-?[1-9][0-9]{0,38}", re.ASCII)

Columns = dict[str, str]


@dataclass(frozen=True)
class Transfer:
    """What a receipt shows of a transfer, held against the leaf."""

    leaf: bytes
    entry_count: int
    columns: Columns
    request: Columns | None
    entries: dict[int, Columns]
    standings: dict[int, Columns]

    def is_whole(self) -> bool:
        """Whether all entries were opened."""
        return len(self.entries) == self.entry_count


def open_transfer(leaf: str, opened: Sequence[Any]) -> Transfer:
    """Hold opened parts against a leaf, and against each other.

    Args:
        leaf: The leaf's text.
        opened: The parts' texts.

    Returns:
        The transfer, with the leaf's hash.

    Raises:
        Wrong: A part is not the one the leaf is bound to, or the parts contradict each other.
    """
    commitments = _read_commitments(leaf)
    parts: dict[str, Columns] = {}
    for text in opened:
        name, columns = _read_part(read_text(text, "an opened part"), commitments)
        if name in parts:
            raise Wrong(f"the part {name!r} is there twice")
        parts[name] = columns
    if "transfer" not in parts:
        raise Wrong("the receipt does not show the transfer itself")
    transfer = Transfer(
        leaf=merkle.leaf_hash(leaf.encode()),
        entry_count=(len(commitments) - 2) // 2,
        columns=parts["transfer"],
        request=parts.get("request"),
        entries=_numbered(parts, "entry/"),
        standings=_numbered(parts, "standing/"),
    )
    _verify_sense(transfer)
    return transfer


def _read_commitments(leaf: str) -> list[str]:
    found = require_fields(read_canonical(leaf, "the leaf"), "the leaf", ["format", "parts"])
    if found["format"] != FORMAT:
        raise Wrong(f"the leaf has the format {found['format']!r}; this verifier reads {FORMAT}")
    commitments = [read_text(item, "a part") for item in read_list(found["parts"], "the parts")]
    if len(commitments) < 2 or len(commitments) % 2:  # noqa: PLR2004 - transfer and request
        raise Wrong("the leaf has a number of parts that no transfer has")
    if not all(_COMMITMENT.fullmatch(item) for item in commitments):
        raise Wrong("the leaf has a commitment that is no SHA-256 in hex")
    return commitments


def _read_part(text: str, commitments: Sequence[str]) -> tuple[str, Columns]:
    found = require_fields(read_canonical(text, "a part"), "a part", ["columns", "part", "salt"])
    name = read_text(found["part"], "a part's name")
    if not _SALT.fullmatch(read_text(found["salt"], "a part's salt")):
        raise Wrong(f"the part {name!r} has no salt of 16 bytes in hex")
    place = _place(name)
    if place >= len(commitments) or commitments[place] != sha256(text.encode()).hexdigest():
        raise Wrong(f"the part {name!r} is not the one that the leaf is bound to: it was changed")
    if not isinstance(found["columns"], dict):
        raise Wrong(f"the part {name!r} has no columns")
    return name, {key: read_text(value, key) for key, value in found["columns"].items()}


def _place(name: str) -> int:
    found = _NAME.fullmatch(name)
    if not found:
        raise Wrong(f"the part {name[:40]!r} is none of a transfer")
    if not found[1]:
        return 0 if name == "transfer" else 1
    return 2 * int(found[1]) + (0 if name.startswith("entry/") else 1)


def _numbered(parts: dict[str, Columns], prefix: str) -> dict[int, Columns]:
    numbered = {int(k.removeprefix(prefix)): v for k, v in parts.items() if k.startswith(prefix)}
    return dict(sorted(numbered.items()))


def _verify_sense(transfer: Transfer) -> None:
    """Refuse what the log may have signed but no honest ledger writes."""
    said = transfer.columns.get("entry_count")
    if said is not None and said != str(transfer.entry_count):
        raise Wrong(f"the transfer says {said} entries, the leaf binds {transfer.entry_count}")
    for number, entry in transfer.entries.items():
        if not {"account_id", "asset", "amount_minor"} <= set(entry):
            raise Wrong(f"entry {number} does not say account, asset and amount")
        if not _AMOUNT.fullmatch(entry["amount_minor"]):
            raise Wrong(f"entry {number} has an amount that is no whole number")
        if entry.get("position", str(number)) != str(number):
            raise Wrong(f"entry {number} says that it stands at {entry['position']}")
    for number, standing in transfer.standings.items():
        if standing.get("transfer_id") != transfer.columns.get("id"):
            raise Wrong(f"where entry {number} stands belongs to another transfer")
    if transfer.is_whole():
        _verify_balance(transfer.entries.values())


def _verify_balance(entries: Any) -> None:
    sums: dict[str, int] = defaultdict(int)
    for entry in entries:
        sums[entry["asset"]] += int(entry["amount_minor"])
    for asset, total in sums.items():
        if total:
            raise Wrong(f"the entries in {asset} do not sum to zero but to {total} minor units")
