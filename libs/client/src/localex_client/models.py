"""What the system answers. Fields that this version does not know are ignored."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Answered(BaseModel):
    """What every answer has: it is frozen, and unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Answered):
    """A person."""

    id: UUID
    display_name: str
    community: str
    roles: list[str]


class Session(Answered):
    """An open session."""

    token: str = Field(repr=False)
    expires_at: datetime
    user: User


class Account(Answered):
    """An account and what is on it: `balance` is `available` and `held` together."""

    id: UUID
    owner_id: UUID | None
    type: str
    asset: str
    community: str
    balance: str
    available: str
    held: str
    version: int


class Entry(Answered):
    """One side of a transfer: negative left the account, positive entered it."""

    seq: int
    transfer_id: UUID
    kind: str
    amount: str
    asset: str
    balance_after: str
    memo: str | None
    posted_at: datetime


class EntryPage(Answered):
    """Entries of an account, newest first."""

    entries: list[Entry]
    next_cursor: int | None


class Fee(Answered):
    """What one tier takes."""

    tier: str
    amount: str


class ExchangeTerms(Answered):
    """What an exchange made of what, and at which rate."""

    sold: str
    from_asset: str
    bought: str
    to_asset: str
    spread: str
    residue: str
    rate: str
    source: str
    spread_bps: int
    rate_id: UUID
    quote_id: UUID | None


class Side(Answered):
    """One side of a transfer: the balance after it only of one's own account."""

    account_id: UUID
    account_type: str
    amount: str
    asset: str
    balance_after: str | None


class Transfer(Answered):
    """Money that moved."""

    id: UUID
    kind: str
    entries: list[Side]
    fees: list[Fee] = []
    exchange: ExchangeTerms | None = None
    memo: str | None = None
    reason: str | None = None
    reverses: UUID | None = None
    effective_at: datetime
    posted_at: datetime


class Person(Answered):
    """A member beside what they do."""

    user_id: UUID
    display_name: str | None = None


class Category(Answered):
    """Where an item belongs: names from the root, and the slug path."""

    path: str
    names: list[str]


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


class Trade(Answered):
    """A trade as it stands; `actions` is what one may do now, `awaits` whose turn it is."""

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


class LiveEvent(Answered):
    """Something that happened, told live.

    Attributes:
        id: Where to go on from after a break.
        type: Such as `marketplace.TradeAccepted`.
        data: The event itself.
    """

    id: str
    type: str
    data: dict[str, Any]
