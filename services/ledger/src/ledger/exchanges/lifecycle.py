"""Rates and what becomes of an amount at one. Pure.

Rounding: what is sold times the rate is an exact fraction of minor units. The whole part leaves
the liquidity account; of the exact fraction, the customer's share and the spread are each rounded
down, and the minor unit that this may leave over goes to the ROUNDING account. What is below a
minor unit cannot be moved: it stays in the liquidity account, and the record keeps it exactly. So
sold * rate = bought + spread + residue + remainder / divisor, with nothing lost and nothing made.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from chassis.problems import Problem
from contracts.money import MAX_MINOR, SCALES, render_amount
from ledger.exchanges.errors import (
    ExchangeQuoteDiffers,
    ExchangeQuoteExpired,
    ExchangeTooLarge,
    ExchangeTooSmall,
    NoExchangeRate,
    NoSuchExchangeQuote,
    NotEnoughLiquidity,
)
from ledger.exchanges.models import Conversion, Exchange, Quote, Rate, Terms
from ledger.fees.models import Price
from ledger.journal.models import Movement
from ledger.journal.templates import exchange

BPS: Final = 10_000
_NUMBER: Final = r"[0-9]{1,18}(?:\.[0-9]{1,18})?"
_RATE: Final = re.compile(rf"({_NUMBER})(?:/({_NUMBER}))?", re.ASCII)


def parse_rate(text: str) -> tuple[int, int]:
    """Numerator and denominator, in lowest terms, of a rate such as "1.0845" or "13/12".

    Raises:
        ValueError: It is no rate above zero; the message says why.
    """
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError('a rate is a decimal such as "1.0845" or a fraction such as "13/12"')
    below = Fraction(found[2] or "1")
    if not below or not Fraction(found[1]):
        raise ValueError("a rate is above zero")
    value = Fraction(found[1]) / below
    return value.numerator, value.denominator


def render_rate(numerator: int, denominator: int) -> str:
    """A rate as exact text: a decimal where there is one, else a fraction."""
    places, rest = 0, denominator
    for prime in (2, 5):
        times = 0
        while rest % prime == 0:
            rest //= prime
            times += 1
        places = max(places, times)
    if rest != 1:
        return f"{numerator}/{denominator}"
    digits = str(numerator * 10**places // denominator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def convert(sold_minor: int, rate: Rate) -> Conversion:
    """What becomes of an amount, in minor units, at a rate.

    Args:
        sold_minor: What is sold, at least 1.
        rate: For one unit.

    Raises:
        ExchangeTooSmall: Nothing would come of it.
        ExchangeTooLarge: More would come of it than an account can hold.
    """
    product = sold_minor * rate.numerator * 10 ** SCALES[rate.to_asset]
    divisor = rate.denominator * 10 ** SCALES[rate.from_asset]
    gross, remainder = divmod(product, divisor)
    bought = product * (BPS - rate.spread_bps) // (divisor * BPS)
    spread = product * rate.spread_bps // (divisor * BPS)
    if bought < 1:
        sold = render_amount(sold_minor, rate.from_asset)
        raise ExchangeTooSmall(f"{sold} {rate.from_asset} is less than the least {rate.to_asset}")
    if gross > MAX_MINOR:
        raise ExchangeTooLarge("exchange less: a balance has at most 38 digits")
    return Conversion(sold_minor, gross, bought, spread, gross - bought - spread, remainder)


def make_terms(price: Price, rate: Rate | None, at: datetime, pair: tuple[str, str]) -> Terms:
    """Terms as of now: fees are taken first, and the rest is sold.

    Args:
        price: The amount and its fees.
        rate: The newest version that began; nothing if there never was one.
        at: The clock's time.
        pair: What is sold and what is bought.

    Raises:
        NoExchangeRate: There is none, or it is over.
        ExchangeTooSmall: Or ExchangeTooLarge.
    """
    facts = {"from_asset": pair[0], "to_asset": pair[1]}
    if rate is None:
        raise NoExchangeRate(f"nobody has said what {pair[0]} is in {pair[1]}", **facts)
    if rate.valid_until and at >= rate.valid_until:
        over_at = rate.valid_until.isoformat()
        raise NoExchangeRate(f"the last rate was over at {over_at}", over_at=over_at, **facts)
    return Terms(price, rate, convert(price.net_minor, rate), at)


def keep_promise(
    quote: Quote | None,
    *,
    from_account: UUID,
    amount_minor: int,
    pair: tuple[str, str],
    at: datetime,
) -> Terms:
    """The terms that were promised.

    Args:
        quote: What was found under the id that the client gave.
        from_account: Where the money comes from.
        amount_minor: The whole amount.
        pair: What is sold and what is bought.
        at: The clock's time.

    Raises:
        NoSuchExchangeQuote: There is none, or it was given to somebody else.
        ExchangeQuoteDiffers: It was given for something else.
        ExchangeQuoteExpired: It is over.
    """
    if quote is None:
        raise NoSuchExchangeQuote("there is no quote with this id among yours")
    rate = quote.terms.rate
    asked = (from_account, amount_minor, pair[0], pair[1])
    given = (quote.from_account, quote.terms.price.amount_minor, rate.from_asset, rate.to_asset)
    names = ("from_account", "amount", "asset", "to_asset")
    differs = [name for name, a, b in zip(names, asked, given, strict=True) if a != b]
    if differs:
        raise ExchangeQuoteDiffers(f"the quote has another {', '.join(differs)}", differs=differs)
    if at >= quote.expires_at:
        expired_at = quote.expires_at.isoformat()
        raise ExchangeQuoteExpired(f"it expired at {expired_at}: ask again", expired_at=expired_at)
    return quote.terms


def movements_of(wanted: Exchange) -> tuple[Movement, ...]:
    """What an exchange moves: each asset sums to zero."""
    terms, made = wanted.terms, wanted.terms.conversion
    kept = ((wanted.spread, made.spread_minor), (wanted.rounding, made.residue_minor))
    return exchange(
        (wanted.source.id, wanted.liquidity_from.id, terms.rate.from_asset),
        (wanted.liquidity_to.id, wanted.destination.id, terms.rate.to_asset),
        sold_minor=made.sold_minor,
        bought_minor=made.bought_minor,
        fees=[
            (account.id, fee.amount_minor)
            for account, fee in zip(wanted.fees, terms.price.fees, strict=True)
        ],
        kept=[(account.id, minor) for account, minor in kept if account],
    )


def metadata_of(terms: Terms) -> Mapping[str, Any]:
    """What the transfer keeps of its terms, for ever."""
    made, rate = terms.conversion, terms.rate
    kept = {
        "rate_id": str(rate.id),
        "rate": render_rate(rate.numerator, rate.denominator),
        "source": rate.source,
        "spread_bps": rate.spread_bps,
        "from": rate.from_asset,
        "to": rate.to_asset,
        "sold": str(made.sold_minor),
        "bought": str(made.bought_minor),
        "spread": str(made.spread_minor),
        "residue": str(made.residue_minor),
    }
    if terms.quote_id:
        kept["quote_id"] = str(terms.quote_id)
    return {"exchange": kept, **terms.price.metadata()}


def hide_liquidity(short: Problem, wanted: Exchange) -> Problem:
    """How much the community has is not the customer's business: only that it is not enough."""
    if short.facts.get("account_id") != wanted.liquidity_to.id:
        return short
    asset = wanted.terms.rate.to_asset
    return NotEnoughLiquidity(f"the community has less {asset} than that", asset=asset)
