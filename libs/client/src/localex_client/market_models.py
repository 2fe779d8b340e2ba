"""What the gateway answers about the marketplace and search."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from localex_client.models import Answered


class Person(Answered):
    """A member beside what they do."""

    user_id: UUID
    display_name: str | None = None


class Category(Answered):
    """Where an item belongs: names from the root, and the slug path."""

    path: str
    names: list[str]


class Cell(Answered):
    """Where an item is, to some square kilometres: an H3 cell and its middle in degrees."""

    h3: str
    latitude: str
    longitude: str


class ItemImage(Answered):
    """An image that an item shows."""

    id: UUID
    urls: dict[str, str]
    width: int
    height: int
    color: str


class Item(Answered):
    """A listing."""

    id: UUID
    version: int
    seller: Person
    status: str
    title: str
    description: str
    category: Category
    kind: str
    pricing: str
    price: str | None
    asset: str | None
    quantity: int
    available: int
    condition: str | None
    brand: str | None
    item_type: str | None
    hidden: bool = False
    wanted: str | None = None
    accepts_gift_credits: bool = False
    neighbourhood: str | None = None
    cell: Cell | None = None
    images: list[ItemImage] = Field(default_factory=list)


class ItemPage(Answered):
    """A page of listings, newest first."""

    items: list[Item]
    next_cursor: str | None


class Watch(Answered):
    """A watched item; `item` is none while it is out of sight."""

    item_id: UUID
    watched_at: datetime
    item: Item | None


class WatchPage(Answered):
    """A page of watched items."""

    watches: list[Watch]
    next_cursor: str | None


class SavedSearch(Answered):
    """Filters that one wants to be told of."""

    id: UUID
    name: str
    q: str | None
    category_id: UUID | None
    kind: str | None
    price_max: str | None
    asset: str | None


class CategoryNode(Answered):
    """A category of the tree; `on_offer` counts all below it."""

    id: UUID
    version: int
    parent_id: UUID | None
    path: str
    name: str
    names: list[str]
    synonyms: list[str]
    on_offer: int


class ReportedItem(Answered):
    """An item with open reports."""

    item_id: UUID
    title: str
    seller_id: UUID
    status: str
    hidden: bool
    open_reports: int
    grounds: dict[str, int]
    first_reported_at: datetime


class ReportQueue(Answered):
    """A page of items with open reports."""

    items: list[ReportedItem]
    next_cursor: str | None


class OwnReport(Answered):
    """A report of one's own."""

    id: UUID
    item_id: UUID
    item_version: int
    ground: str
    details: str | None
    reported_at: datetime
    decided: bool


class OwnReportPage(Answered):
    """A page of one's own reports, newest first."""

    reports: list[OwnReport]
    next_cursor: str | None


class RowProblem(Answered):
    """Why a row was refused."""

    type: str
    detail: str
    errors: list[dict[str, str]]


class ImportedRow(Answered):
    """What became of one row; `row` counts from 0."""

    row: int
    external_ref: str | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    item_id: UUID | None
    problem: RowProblem | None


class ImportResult(Answered):
    """What became of each row, in order, and how many of each kind there are."""

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[ImportedRow]


class Given(Answered):
    """What the buyer of a barter gives."""

    item_id: UUID
    title: str
    quantity: int


class Trade(Answered):
    """A trade as it stands; `actions` is what one may do now, `awaits` whose turn it is.

    At `due_at` the clock does what `when_due` says, if nobody acts before.
    """

    id: UUID
    version: int
    state: str
    item_id: UUID
    item_title: str
    buyer_id: UUID
    buyer_name: str | None
    seller_id: UUID
    seller_name: str | None
    quantity: int
    amount: str
    asset: str
    awaits: str | None
    actions: list[str]
    reason: str | None
    refusal_detail: str | None
    fee: str | None
    refund: str | None = None
    proven: bool = False
    code: str | None = None
    due_at: datetime | None = None
    when_due: str | None = None
    kind: str
    gift_amount: str
    gives: list[Given]
    handed_over_by: list[str]
    confirmed_by: list[str]


class TradePage(Answered):
    """A page of trades, newest first."""

    trades: list[Trade]
    next_cursor: str | None


class Hit(Answered):
    """An item that was found."""

    id: UUID
    version: int
    title: str
    description: str
    category_path: list[str]
    kind: str
    pricing: str
    price: str | None
    asset: str | None
    brand: str | None
    item_type: str | None
    distance_m: int | None
    seller_id: UUID
    seller_rating: str | None = None
    seller_rating_count: int = 0
    matched_by: str
    highlights: dict[str, list[str]]


class FacetValue(Answered):
    """A value that items have, and how many."""

    value: str
    count: int


class Found(Answered):
    """A page of items."""

    query_id: UUID
    click_token: str | None
    total: int
    tolerant: bool
    did_you_mean: str | None
    took_ms: int
    items: list[Hit]
    facets: dict[str, list[FacetValue]]
    next_cursor: str | None


class SuggestedItem(Answered):
    """An item whose title has words that begin so."""

    id: UUID
    title: str


class SuggestedCategory(Answered):
    """A category with its way down, and how many items are in it."""

    path: list[str]
    items: int


class Suggestions(Answered):
    """What may be meant while somebody types."""

    queries: list[str]
    categories: list[SuggestedCategory]
    items: list[SuggestedItem]


class Demand(Answered):
    """What several people looked for in vain; `people` is roughly how many."""

    words: str
    people: str
    last_on: date


class OwnClick(Answered):
    """A hit that one chose."""

    item_id: UUID
    position: int
    clicked_at: datetime


class OwnSearch(Answered):
    """A search of one's own."""

    query_id: UUID
    searched_at: datetime
    community: str
    q: str
    filters: dict[str, Any]
    hits: int
    tolerant: bool
    clicks: list[OwnClick]


class OwnSearchPage(Answered):
    """Searches of one's own, newest first."""

    searches: list[OwnSearch]
    next_cursor: UUID | None
