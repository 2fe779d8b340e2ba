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
class Rechecked:
    """A range of leaves, recomputed from the books.

    Attributes:
        begin: The first leaf.
        hashes: Stored hashes, as far as no leaf is missing.
        altered: Place, transfer and what is wrong, where another hash was recomputed.
        suspects: Transfers that need more than one look.
        statement: What asked for them, for the next range.
    """

    begin: int
    hashes: list[bytes]
    altered: list[tuple[int, UUID, str]]
    suspects: list[UUID]
    statement: str


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it was signed."""

    size: int
    root: bytes
    note: str
