"""Words of reindexing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Cause = Literal["asked", "lost", "mapping"]
State = Literal["filling", "checking", "switching", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Reindexing:
    """An index that is being made, and how far it is.

    Attributes:
        reindexing_id: Which.
        cause: Why: an operator asked, the index was lost, or the mapping changed.
        state: What is being done.
        index_name: The index that is filled.
        index_uuid: The engine's id of it.
        positions: Next offset of each partition of the topic.
        ends: Where they ended when somebody last looked.
        documents: Items written so far, repeats too.
        detail: For people.
        started_at: When it began.
        changed_at: When it last moved.
        ended_at: When it was done or failed.
    """

    reindexing_id: UUID
    cause: Cause
    state: State
    index_name: str
    index_uuid: str | None
    started_at: datetime
    changed_at: datetime
    positions: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    documents: int = 0
    detail: str = ""
    ended_at: datetime | None = None

    @property
    def replaces(self) -> bool:
        """Whether it takes another index's place; a lost one is filled where it is."""
        return self.cause != "lost"

    @property
    def behind(self) -> int:
        """Messages of the topic that are not in the index yet, as far as is known."""
        return sum(max(end - self.positions.get(part, 0), 0) for part, end in self.ends.items())

    @property
    def total(self) -> int:
        """Messages of the topic."""
        return sum(self.ends.values())
