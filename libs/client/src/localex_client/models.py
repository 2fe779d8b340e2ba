"""What the system answers. Fields that this version does not know are ignored."""

from datetime import datetime
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


class OpenSession(Answered):
    """One of one's open sessions."""

    id: UUID
    current: bool
    address: str | None
    agent: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    strengthened_by: str | None


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


class Image(Answered):
    """An image of one's own; `urls` are there when it is READY, `problem` when it is REFUSED."""

    id: UUID
    state: Literal["UPLOADED", "READY", "REFUSED"]
    media_type: str
    size_bytes: int
    item_id: UUID | None
    urls: dict[str, str] | None
    width: int | None
    height: int | None
    color: str | None
    problem: dict[str, str] | None


class ImagePage(Answered):
    """One's own images, newest first."""

    images: list[Image]
    next_cursor: str | None


class ImageQuota(Answered):
    """What one keeps of images, and may keep."""

    images: int
    images_max: int
    bytes: int
    bytes_max: int


class ImageUpload(Answered):
    """Where to put an image, and what must be sent with it: exactly these headers."""

    id: UUID
    method: str
    url: str = Field(repr=False)
    headers: dict[str, str]
    expires_at: datetime
