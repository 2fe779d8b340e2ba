"""Exchanges as clients write and read them: amounts are decimal text of their asset."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.problems import Malformed
from contracts.money import SCALES, render_amount
from ledger.exchanges.lifecycle import render_rate
from ledger.exchanges.models import Made, Quote, Rate
from ledger.fees.requests import FeeAnswer, render_fees
from ledger.moments import Moment
from ledger.text import AmountText, AssetText, Line

SpreadBps = Annotated[int, Field(ge=0, lt=10_000, strict=True)]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RateWish(_Words):
    """A new version of a rate; without a date it is in force as soon as may be."""

    from_asset: AssetText
    to_asset: AssetText
    rate: Annotated[str, StringConstraints(max_length=80)]
    spread_bps: SpreadBps = 0
    source: Line
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class RateAnswer(BaseModel):
    """A version of a rate as a client sees it."""

    id: UUID
    from_asset: str
    to_asset: str
    rate: str
    spread_bps: int
    source: str
    valid_from: datetime
    valid_until: datetime | None
    created_by: UUID
    created_at: datetime


class RatesAnswer(BaseModel):
    """A page of versions, newest first."""

    rates: list[RateAnswer]
    next_cursor: str | None


class QuoteWish(_Words):
    """A wish to know what would come of an amount."""

    from_account: UUID
    amount: AmountText
    asset: AssetText
    to_asset: AssetText


class ExchangeWish(QuoteWish):
    """A wish to exchange an amount, at a price that was promised or at the present one."""

    quote: UUID | None = None
    memo: Line | None = None


class SupplyWish(_Words):
    """An operator's wish to put money into the community's liquidity, or to take it out."""

    direction: Literal["in", "out"]
    amount: AmountText
    asset: AssetText
    reason: Line


class QuoteAnswer(BaseModel):
    """A promise for one exchange, until it expires."""

    id: UUID
    from_account: UUID
    amount: str
    asset: str
    fees: list[FeeAnswer]
    sold: str
    bought: str
    to_asset: str
    spread: str
    residue: str
    rate: str
    rate_id: UUID
    source: str
    spread_bps: int
    expires_at: datetime


class MadeAnswer(BaseModel):
    """An exchange that was made; `amount` is what left the account, fees included."""

    transfer_id: UUID
    from_account: UUID
    to_account: UUID
    amount: str
    asset: str
    sold: str
    bought: str
    to_asset: str
    spread: str
    residue: str
    rate: str
    rate_id: UUID
    quote_id: UUID | None
    source: str
    spread_bps: int
    priced_at: datetime


class MadePageAnswer(BaseModel):
    """A page of exchanges, newest first."""

    exchanges: list[MadeAnswer]
    next_cursor: UUID | None


def require_asset(field: str, asset: str) -> None:
    """An asset of a request is one that we know.

    Raises:
        Malformed: It is not.
    """
    if asset not in SCALES:
        known = ", ".join(SCALES)
        raise Malformed(
            f"check {field}: known are {known}",
            errors=[{"field": field, "rule": "known", "message": f"one of {known}"}],
        )


def render_version(rate: Rate) -> RateAnswer:
    """A version of a rate as a client sees it."""
    kept = {name: getattr(rate, name) for name in RateAnswer.model_fields.keys() - {"rate"}}
    return RateAnswer(rate=render_rate(rate.numerator, rate.denominator), **kept)


def render_quote(quote: Quote) -> QuoteAnswer:
    """A promise as a client sees it."""
    price, rate, made = quote.terms.price, quote.terms.rate, quote.terms.conversion
    return QuoteAnswer(
        id=quote.id,
        from_account=quote.from_account,
        amount=render_amount(price.amount_minor, rate.from_asset),
        asset=rate.from_asset,
        fees=render_fees(price, rate.from_asset),
        sold=render_amount(made.sold_minor, rate.from_asset),
        bought=render_amount(made.bought_minor, rate.to_asset),
        to_asset=rate.to_asset,
        spread=render_amount(made.spread_minor, rate.to_asset),
        residue=render_amount(made.residue_minor, rate.to_asset),
        rate=render_rate(rate.numerator, rate.denominator),
        rate_id=rate.id,
        source=rate.source,
        spread_bps=rate.spread_bps,
        expires_at=quote.expires_at,
    )


def render_made(made: Made) -> MadeAnswer:
    """An exchange that was made, as a client sees it."""
    rate = made.rate
    return MadeAnswer(
        transfer_id=made.transfer_id,
        from_account=made.from_account,
        to_account=made.to_account,
        amount=render_amount(made.amount_minor, rate.from_asset),
        asset=rate.from_asset,
        sold=render_amount(made.sold_minor, rate.from_asset),
        bought=render_amount(made.bought_minor, rate.to_asset),
        to_asset=rate.to_asset,
        spread=render_amount(made.spread_minor, rate.to_asset),
        residue=render_amount(made.residue_minor, rate.to_asset),
        rate=render_rate(rate.numerator, rate.denominator),
        rate_id=rate.id,
        quote_id=made.quote_id,
        source=rate.source,
        spread_bps=rate.spread_bps,
        priced_at=made.priced_at,
    )
