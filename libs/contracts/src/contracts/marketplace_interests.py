"""Events of the marketplace about what people asked to be told."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts import topics
from contracts.messages import Event
from contracts.money import AssetCode, Minor


class _WatchEvent(Event):
    TOPIC: ClassVar[str] = topics.MARKETPLACE_WATCHES.name

    watcher_id: UUID
    item_id: UUID
    item_title: str

    def key(self) -> str:
        """The watcher."""
        return str(self.watcher_id)

    def audience(self) -> tuple[UUID, ...]:
        """The watcher alone."""
        return (self.watcher_id,)


class WatchedItemCheaper(_WatchEvent):
    """A watched item costs less than its watcher knows; 0 when it is a gift now."""

    known_minor: Minor
    price_minor: Minor
    asset: AssetCode


class WatchedItemSold(_WatchEvent):
    """The last piece of a watched item was sold."""


class MatchedItem(BaseModel):
    """An item that a saved search has found."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: UUID
    title: str


class MatchedSearch(BaseModel):
    """How many new items a saved search has found, and the newest of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    search_id: UUID
    name: str
    count: int
    items: tuple[MatchedItem, ...]


class SavedSearchMatched(Event):
    """What somebody's saved searches have found since they were last told."""

    TOPIC: ClassVar[str] = topics.MARKETPLACE_SAVED_SEARCHES.name

    user_id: UUID
    searches: tuple[MatchedSearch, ...]

    def key(self) -> str:
        """Whose searches they are."""
        return str(self.user_id)

    def audience(self) -> tuple[UUID, ...]:
        """Whose searches they are, alone."""
        return (self.user_id,)
