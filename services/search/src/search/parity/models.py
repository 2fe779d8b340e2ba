"""Words of parity."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.search import ParityFault

NOWHERE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Told:
    """An item as the marketplace told it, or as a document has it.

    Attributes:
        item_id: Which item.
        version: Of the item.
        digest: SHA-256 of the document that it makes.
        form: By which version of the mapping the digest was made.
    """

    item_id: UUID
    version: int
    digest: bytes
    form: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A document that is not what was told."""

    item_id: UUID
    kind: ParityFault
    told_version: int | None
    indexed_version: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A fault, since when it was seen, and since when it has lasted for too long."""

    fault: Fault
    seen_at: datetime
    found_at: datetime | None
    agreed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """Where the comparison with the marketplace's own rows stands.

    Attributes:
        inventory_id: Names it in questions and answers.
        after_id: Behind which item the next page begins.
        asked_at: Since when an answer is waited for; None between two inventories.
        next_at: When the next one begins.
        items: How many it has named so far.
        completed_at: When the one before was whole.
        completed_items: How many that one named.
    """

    inventory_id: UUID
    after_id: UUID
    asked_at: datetime | None
    next_at: datetime
    items: int
    completed_at: datetime | None
    completed_items: int


@dataclass(frozen=True, slots=True)
class Round:
    """Where the comparison stands."""

    after_id: UUID
    next_at: datetime
    items: int
    completed_at: datetime | None
    completed_items: int
