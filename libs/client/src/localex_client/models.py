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


class Fee(_Answer):
    """What one tier takes."""

    tier: str
    amount: str


class ExchangeTerms(_Answer):
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


class Side(_Answer):
    """One side of a transfer: the balance after it only of one's own account."""

    account_id: UUID
    account_type: str
    amount: str
    asset: str
    balance_after: str | None


class Transfer(_Answer):
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


class ForeseenBalance(_Answer):
    """One's own account before and after, and its limits."""

    account_id: UUID
    account_type: str
    asset: str
    balance_before: str
    balance_after: str
    available_after: str
    floor: str | None
    ceiling: str | None


class Foreseen(_Answer):
    """What would become of a wish now: nothing was written. `problem` says why it would not be."""

    status: Literal["posted", "refused"]
    kind: str | None
    entries: list[Side]
    fees: list[Fee]
    exchange: ExchangeTerms | None
    problem: dict[str, Any] | None
    balances: list[ForeseenBalance]


class BulkResult(_Answer):
    """What became of one transfer of a bulk; `index` counts from 0."""

    index: int
    ref: str | None
    status: Literal["posted", "refused"]
    transfer_id: UUID | None
    fees: list[Fee]
    problem: dict[str, Any] | None


class Bulk(_Answer):
    """A result for each transfer, in order."""

    mode: str
    posted: int
    refused: int
    results: list[BulkResult]


class ForeseenBulk(Bulk):
    """What would become of a bulk now, and one's balances after all of it."""

    balances: list[ForeseenBalance]


class FeeQuote(_Answer):
    """A promise: until it expires, the operation costs this."""

    id: UUID
    operation: str
    amount: str
    asset: str
    fees: list[Fee]
    fee: str
    net: str
    expires_at: datetime


class ExchangeQuote(_Answer):
    """A promise for one exchange, until it expires."""

    id: UUID
    from_account: UUID
    amount: str
    asset: str
    fees: list[Fee]
    sold: str
    bought: str
    to_asset: str
    spread: str
    residue: str
    rate: str
    source: str
    spread_bps: int
    expires_at: datetime


class ExchangeRate(_Answer):
    """A version of a rate: so much of `to_asset` for one unit of `from_asset`."""

    id: UUID
    from_asset: str
    to_asset: str
    rate: str
    spread_bps: int
    source: str
    valid_from: datetime
    valid_until: datetime | None


class ExchangeRatePage(_Answer):
    """Versions of rates, newest first."""

    rates: list[ExchangeRate]
    next_cursor: str | None


class Reservation(_Answer):
    """Money set aside: `amount` is captured, released and remaining together."""

    id: UUID
    account_id: UUID
    asset: str
    amount: str
    captured: str
    released: str
    remaining: str
    state: Literal["ACTIVE", "COMPLETED", "RELEASED", "EXPIRED"]
    to_account: UUID | None
    memo: str | None
    version: int
    transfer_id: UUID
    expires_at: datetime


class ReservationPage(_Answer):
    """Reservations, newest first."""

    reservations: list[Reservation]
    next_cursor: UUID | None


class Escrow(_Answer):
    """Money of a trade that waits; `fees` are those that the payee accepted."""

    id: UUID
    state: Literal["FUNDED", "REFUSED", "RELEASED", "REFUNDED"]
    payer_id: UUID
    payee_id: UUID
    amount: str
    asset: str
    fee: str | None
    fees: list[Fee] | None
    fee_quote: UUID | None
    reason: str | None


class Crossing(_Answer):
    """A line that was crossed, and was told."""

    account_seq: int
    transfer_id: UUID
    observed: str
    crossed_at: datetime


class Monitor(_Answer):
    """A line that one watches; `newest` are the last crossings that were told."""

    id: UUID
    account_id: UUID
    asset: str
    kind: Literal["above", "below", "soft_limit", "rise", "fall"]
    threshold: str
    hysteresis: str
    window_seconds: int | None
    label: str | None
    beyond: bool
    crossings: int
    ended_at: datetime | None
    newest: list[Crossing] = []


class MonitorPage(_Answer):
    """Monitors, newest first."""

    monitors: list[Monitor]
    next_cursor: str | None


class Explanation(_Answer):
    """Why an account stands where it stands; `words` say it in sentences."""

    account_id: UUID
    asset: str
    words: list[str]
    figure: dict[str, Any]
    limits: dict[str, Any]
    reservations: dict[str, Any]
    proofs: list[dict[str, Any]]


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
