"""Words of watch lists, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from marketplace.items.views import ItemView

type NoticeKind = Literal["cheaper", "sold"]

#: Items that one person watches at a time.
WATCHES_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What may be news of an item, and the item as it is now; `on_show` to everybody."""

    id: int
    item_id: UUID
    kind: NoticeKind
    told_until: UUID | None
    title: str
    price_minor: int | None
    asset: str | None
    on_show: bool


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who watches, and the lowest price they know."""

    user_id: UUID
    known_minor: int | None
    known_asset: str | None


@dataclass(frozen=True, slots=True)
class PriceDrop:
    """What a watcher knew, and what the price is now."""

    known_minor: int
    price_minor: int
    asset: str


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class WatchState(_View):
    """Whether one watches an item now."""

    item_id: UUID
    watched: bool


class WatchView(_View):
    """A watched item; `item` is none while it is out of sight."""

    item_id: UUID
    watched_at: datetime
    item: ItemView | None


class WatchPage(_View):
    """Watched items, the newest listings first."""

    watches: list[WatchView]
    next_cursor: str | None
