"""Events of the search service: whether the index is what it was told."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from contracts import topics
from contracts.messages import Event

#: What a document is beside what was told of its item.
ParityFault = Literal["missing", "extra", "stale", "ahead", "content"]


class _ParityEvent(Event):
    TOPIC: ClassVar[str] = topics.SEARCH_PARITY.name

    item_id: UUID
    kind: ParityFault
    told_version: int | None
    indexed_version: int | None
    found_at: datetime

    def key(self) -> str:
        """The item."""
        return str(self.item_id)


class IndexDiffered(_ParityEvent):
    """A document has not been what the marketplace told for longer than a grace time."""


class IndexAgreed(_ParityEvent):
    """The document is what the marketplace told again, or differs in another way."""

    agreed_at: datetime
