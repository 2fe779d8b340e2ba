"""Prices amounts. Pure.

Rounding: each tier's fee is rounded down to a whole minor unit, once, after its brackets are
added up; the residue stays with the payee. Then its minimum and maximum hold. Tiers take in the
order of `TIERS`, and at least one minor unit is always left to the payee: where less is left than
a tier wants, it gets what is left.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final

from ledger.fees.errors import NoSuchQuote, QuoteDiffers, QuoteExpired
from ledger.fees.models import TIERS, Bracket, Fee, Price, Quote, Rule, Schedule

BPS: Final = 10_000


def price(amount_minor: int, schedule: Schedule) -> Price:
    """Take an amount apart into fees and what the payee gets.

    Args:
        amount_minor: What is paid, at least 1.
        schedule: What is in force.
    """
    if amount_minor < 1:
        raise ValueError(f"no fee on {amount_minor}")
    if not schedule.rules:
        return Price(amount_minor, (), schedule.id)
    left = amount_minor - 1
    fees = []
    for rule in sorted(schedule.rules, key=lambda one: TIERS.index(one.tier)):
        taken = min(fee_of(amount_minor, rule), left)
        left -= taken
        if taken:
            fees.append(Fee(rule.tier, taken))
    return Price(amount_minor, tuple(fees), schedule.id)


def fee_of(amount_minor: int, rule: Rule) -> int:
    """What one tier wants of an amount, whatever the others take."""
    parts, below = 0, 0
    for bracket in rule.brackets:
        bound = amount_minor if bracket.up_to_minor is None else bracket.up_to_minor
        parts += max(0, min(amount_minor, bound) - below) * bracket.bps
        below = bound
    wanted = max(rule.flat_minor + parts // BPS, rule.min_minor)
    return wanted if rule.max_minor is None else min(wanted, rule.max_minor)


@cache
def builtin_schedule(operation: str, fee_bps: int) -> Schedule:
    """The price where no version is in force: the platform's share of released escrows."""
    taken = operation == "escrow.release" and fee_bps > 0
    rules = (Rule("PLATFORM", "percentage", (Bracket(None, fee_bps),)),) if taken else ()
    return Schedule(None, operation, None, None, None, rules, "LOCALEX_FEE_BPS")


def choose_schedule(
    schedules: Iterable[Schedule],
    operation: str,
    *,
    asset: str,
    community: str,
    at: datetime,
    fee_bps: int,
) -> Schedule:
    """The schedule in force: the closest scope that has one, and of that the newest version.

    Community and asset are closer than community alone, that than asset alone, that than neither.

    Args:
        schedules: In any order.
        operation: What is to be priced.
        asset: Of the amount.
        community: Whose operation it is.
        at: The operation's time.
        fee_bps: Prices what no schedule does.
    """
    found = [
        one
        for one in schedules
        if one.operation == operation
        and one.asset in (None, asset)
        and one.community in (None, community)
        and one.valid_from is not None
        and one.valid_from <= at
    ]
    if not found:
        return builtin_schedule(operation, fee_bps)
    return max(found, key=lambda one: (bool(one.community), bool(one.asset), one.valid_from))


def share(whole: Price, part_minor: int) -> Price:
    """What a price for the whole is for a part of it: each fee in proportion, rounded down."""
    if part_minor == whole.amount_minor:
        return whole
    fees = [
        Fee(fee.tier, fee.amount_minor * part_minor // whole.amount_minor) for fee in whole.fees
    ]
    kept = tuple(fee for fee in fees if fee.amount_minor)
    return Price(part_minor, kept, whole.schedule_id, whole.quote_id)


def keep_promise(
    quote: Quote | None,
    *,
    operation: str,
    amount_minor: int,
    asset: str,
    community: str,
    at: datetime,
) -> Price:
    """The price that was promised for this operation.

    Args:
        quote: What was found under the id that the client gave.
        operation: What is done.
        amount_minor: What is paid.
        asset: Of the amount.
        community: Whose operation it is.
        at: The operation's time.

    Raises:
        NoSuchQuote: There is none, or it was given to somebody else.
        QuoteDiffers: It was given for something else.
        QuoteExpired: It is over.
    """
    if quote is None:
        raise NoSuchQuote("there is no quote with this id among yours")
    asked = (operation, amount_minor, asset, community)
    given = (quote.operation, quote.price.amount_minor, quote.asset, quote.community)
    names = ("operation", "amount", "asset", "community")
    differs = [name for name, a, b in zip(names, asked, given, strict=True) if a != b]
    if differs:
        raise QuoteDiffers(f"the quote has another {', '.join(differs)}", differs=differs)
    if at >= quote.expires_at:
        expired_at = quote.expires_at.isoformat()
        raise QuoteExpired(f"it expired at {expired_at}: ask again", expired_at=expired_at)
    return quote.price
