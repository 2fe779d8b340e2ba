"""What the system answers. Fields that this version does not know are ignored."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(_Answer):
    """A person."""

    id: UUID
    display_name: str
    community: str
    roles: list[str]


class Session(_Answer):
    """An open session."""

    token: str = Field(repr=False)
    expires_at: datetime
    user: User


class Account(_Answer):
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


class Entry(_Answer):
    """One side of a transfer: negative left the account, positive entered it."""

    seq: int
    transfer_id: UUID
    kind: str
    amount: str
    asset: str
    balance_after: str
    memo: str | None
    posted_at: datetime


class EntryPage(_Answer):
    """Entries of an account, newest first."""

    entries: list[Entry]
    next_cursor: int | None


class Transfer(_Answer):
    """Money that moved."""

    id: UUID
    kind: str
    posted_at: datetime


class Person(_Answer):
    """A member beside what they do."""

    user_id: UUID
    display_name: str | None = None


class Category(_Answer):
    """Where an item belongs: names from the root, and the slug path."""

    path: str
    names: list[str]


class Item(_Answer):
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


class RowProblem(_Answer):
    """Why a row was refused."""

    type: str
    detail: str
    errors: list[dict[str, str]]


class ImportedRow(_Answer):
    """What became of one row; `row` counts from 0."""

    row: int
    external_ref: str | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    item_id: UUID | None
    problem: RowProblem | None


class ImportResult(_Answer):
    """What became of each row, in order, and how many of each kind there are."""

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[ImportedRow]


class Trade(_Answer):
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


class Hit(_Answer):
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
    seller_id: UUID
    highlights: dict[str, list[str]]


class FacetValue(_Answer):
    """A value that items have, and how many."""

    value: str
    count: int


class Found(_Answer):
    """A page of items."""

    query_id: UUID
    total: int
    tolerant: bool
    took_ms: int
    items: list[Hit]
    facets: dict[str, list[FacetValue]]
    next_cursor: str | None


class LiveEvent(_Answer):
    """Something that happened, told live.

    Attributes:
        id: Where to go on from after a break.
        type: Such as `marketplace.TradeAccepted`.
        data: The event itself.
    """

    id: str
    type: str
    data: dict[str, Any]
