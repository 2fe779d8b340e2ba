"""What the system answers about money beyond accounts and transfers."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from localex_client.models import Answered, ExchangeTerms, Fee, Side


class ForeseenBalance(Answered):
    """One's own account before and after, and its limits."""

    account_id: UUID
    account_type: str
    asset: str
    balance_before: str
    balance_after: str
    available_after: str
    floor: str | None
    ceiling: str | None


class Foreseen(Answered):
    """What would become of a wish now: nothing was written. `problem` says why it would not be."""

    status: Literal["posted", "refused"]
    kind: str | None
    entries: list[Side]
    fees: list[Fee]
    exchange: ExchangeTerms | None
    problem: dict[str, Any] | None
    balances: list[ForeseenBalance]


class BulkResult(Answered):
    """What became of one transfer of a bulk; `index` counts from 0."""

    index: int
    ref: str | None
    status: Literal["posted", "refused"]
    transfer_id: UUID | None
    fees: list[Fee]
    problem: dict[str, Any] | None


class Bulk(Answered):
    """A result for each transfer, in order."""

    mode: str
    posted: int
    refused: int
    results: list[BulkResult]


class ForeseenBulk(Bulk):
    """What would become of a bulk now, and one's balances after all of it."""

    balances: list[ForeseenBalance]


class FeeQuote(Answered):
    """A promise: until it expires, the operation costs this."""

    id: UUID
    operation: str
    amount: str
    asset: str
    fees: list[Fee]
    fee: str
    net: str
    expires_at: datetime


class ExchangeQuote(Answered):
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


class ExchangeRate(Answered):
    """A version of a rate: so much of `to_asset` for one unit of `from_asset`."""

    id: UUID
    from_asset: str
    to_asset: str
    rate: str
    spread_bps: int
    source: str
    valid_from: datetime
    valid_until: datetime | None


class ExchangeRatePage(Answered):
    """Versions of rates, newest first."""

    rates: list[ExchangeRate]
    next_cursor: str | None


class Reservation(Answered):
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


class ReservationPage(Answered):
    """Reservations, newest first."""

    reservations: list[Reservation]
    next_cursor: UUID | None


class Escrow(Answered):
    """Money of a trade that waits; `fees` are those that the payee accepted.

    Of a split the payer has `refunded` back.
    """

    id: UUID
    state: Literal["FUNDED", "REFUSED", "RELEASED", "REFUNDED"]
    payer_id: UUID
    payee_id: UUID
    amount: str
    asset: str
    fee: str | None
    fees: list[Fee] | None
    fee_quote: UUID | None
    refunded: str | None = None
    reason: str | None


class Crossing(Answered):
    """A line that was crossed, and was told."""

    account_seq: int
    transfer_id: UUID
    observed: str
    crossed_at: datetime


class Monitor(Answered):
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
    newest: list[Crossing]


class MonitorPage(Answered):
    """Monitors, newest first."""

    monitors: list[Monitor]
    next_cursor: str | None


class Explanation(Answered):
    """Why an account stands where it stands; `words` say it in sentences."""

    account_id: UUID
    asset: str
    words: list[str]
    figure: dict[str, Any]
    limits: dict[str, Any]
    reservations: dict[str, Any]
    proofs: list[dict[str, Any]]


class Gift(Answered):
    """Credits that somebody gave, and what is left of them."""

    id: UUID
    amount: str
    remaining: str
    asset: str
    state: Literal["OPEN", "SPENT", "EXPIRED"]
    expires_at: datetime | None


class Gifts(Answered):
    """A page of gifts, newest first."""

    gifts: list[Gift]
