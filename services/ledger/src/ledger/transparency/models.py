"""Words of the transparency log."""

from dataclasses import dataclass
from uuid import UUID

from ledger.transparency.leaf import Row


@dataclass(frozen=True, slots=True)
class Recorded:
    """A transfer's whole row, and those of its entries."""

    transfer: Row
    entries: list[Row]


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A transfer's place in the tree."""

    index: int
    transfer_id: UUID
    salt: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it was signed."""

    size: int
    root: bytes
    note: str
