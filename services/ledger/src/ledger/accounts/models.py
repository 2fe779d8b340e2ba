"""Words of accounts, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.ledger import AccountType

#: What a person gets, and in which asset.
PERSONAL: Final[tuple[AccountType, ...]] = ("MAIN", "ESCROW", "GIFT")
LOCAL_ASSET: Final = "LXC"


@dataclass(frozen=True, slots=True)
class Account:
    """Who and what an account is; none of it ever changes."""

    id: UUID
    owner_id: UUID | None
    type: AccountType
    asset: str
    community: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """An account with its figures, as `account_balances` tells them."""

    id: UUID
    owner_id: UUID | None
    type: AccountType
    asset: str
    community: str
    name: str
    floor_minor: int | None
    ceiling_minor: int | None
    frozen: bool
    closed: bool
    created_at: datetime
    version: int
    balance_minor: int
    held_minor: int
    available_minor: int
    moved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Newest:
    """What an account has now, and whose it is."""

    account_id: UUID
    owner_id: UUID | None
    community: str
    asset: str
    balance_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class Times:
    """Which of an account's entries count: effective by one time, known by another.

    Nothing means everything: all that takes effect, all that is known.
    """

    effective_at: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BalanceAt:
    """What an account had at a time."""

    account: Account
    times: Times
    balance_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry of an account with its transfer's kind and metadata."""

    account_seq: int
    transfer_id: UUID
    kind: str
    asset: str
    amount_minor: int
    balance_after_minor: int
    held_minor: int
    held_after_minor: int
    effective_at: datetime
    posted_at: datetime
    metadata: dict[str, Any]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class AccountAnswer(_Answer):
    """An account as a client sees it. `balance` is `available` and `held` together."""

    id: UUID
    owner_id: UUID | None
    type: AccountType
    asset: str
    community: str
    balance: str
    available: str
    held: str
    version: int
    floor: str | None
    ceiling: str | None
    frozen: bool
    closed: bool
    created_at: datetime
    moved_at: datetime | None


class AccountsAnswer(_Answer):
    """A page of accounts."""

    accounts: list[AccountAnswer]
    next_cursor: str | None


class BalanceAtAnswer(_Answer):
    """What an account had: by what was effective, as far as it was known."""

    account_id: UUID
    asset: str
    effective_at: datetime
    known_at: datetime
    balance: str
    available: str
    held: str


class ExchangeAnswer(_Answer):
    """What an exchange made of what: amounts of the one asset, and of the other at the rate."""

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


class EntryAnswer(_Answer):
    """An entry as a client sees it: negative left the account, positive entered it.

    `held` is what was set aside with it, or let go when negative.
    """

    seq: int
    transfer_id: UUID
    kind: str
    amount: str
    asset: str
    balance_after: str
    held: str
    held_after: str
    memo: str | None
    exchange: ExchangeAnswer | None = None
    effective_at: datetime
    posted_at: datetime


class EntriesAnswer(_Answer):
    """A page of entries, newest first."""

    entries: list[EntryAnswer]
    next_cursor: str | None
