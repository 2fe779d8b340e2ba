"""Fees as clients write and read them: amounts are decimal text of the asset."""

import itertools
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.http import amount_problem
from contracts.money import AmountError, parse_amount, render_amount
from ledger.fees.models import Bracket, Operation, Price, Quote, Rule, RuleKind, Schedule, Tier
from ledger.moments import Moment
from ledger.text import AmountText, AssetText, Line

Bps = Annotated[int, Field(ge=0, le=10_000, strict=True)]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BracketWish(_Words):
    """The part of the amount up to a bound; the last one has none."""

    up_to: AmountText | None = None
    bps: Bps


class RuleWish(_Words):
    """What one tier takes: a share, a flat amount, or a share of each bracket's part."""

    tier: Tier
    kind: RuleKind
    bps: Bps | None = None
    flat: AmountText | None = None
    brackets: Annotated[tuple[BracketWish, ...], Field(max_length=20)] = ()
    min: AmountText | None = None
    max: AmountText | None = None

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        given = {
            name
            for name, there in (
                ("percentage", self.bps is not None),
                ("flat", self.flat is not None),
                ("tiered", bool(self.brackets)),
            )
            if there
        }
        if given != {self.kind}:
            raise ValueError("percentage has bps, flat has flat, tiered has brackets; no other")
        bounds = [bracket.up_to for bracket in self.brackets]
        if bounds and (bounds[-1] is not None or None in bounds[:-1]):
            raise ValueError("the last bracket, and only that, has no up_to")
        return self

    def amounts(self) -> list[str]:
        """Every amount that is in it."""
        bounds = (bracket.up_to for bracket in self.brackets)
        return [one for one in (self.flat, self.min, self.max, *bounds) if one is not None]


class ScheduleWish(_Words):
    """A new version of a price list; without a date it is in force as soon as may be."""

    operation: Operation
    asset: AssetText | None = None
    community: Line | None = None
    valid_from: Moment | None = None
    rules: Annotated[tuple[RuleWish, ...], Field(max_length=5)]
    reason: Line

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({rule.tier for rule in self.rules}) < len(self.rules):
            raise ValueError("a tier is there twice")
        if self.asset is None and any(rule.amounts() for rule in self.rules):
            raise ValueError("amounts need an asset: a list for any asset has percentages only")
        return self


class RuleAnswer(BaseModel):
    """A rule as a client sees it."""

    tier: str
    kind: str
    brackets: list[BracketWish]
    flat: str | None
    min: str | None
    max: str | None


class ScheduleAnswer(BaseModel):
    """A version as a client sees it."""

    id: UUID
    operation: str
    asset: str | None
    community: str | None
    valid_from: datetime
    rules: list[RuleAnswer]
    reason: str
    created_by: UUID
    created_at: datetime


class SchedulesAnswer(BaseModel):
    """A page of versions, newest first; `builtin_bps` prices releases where none is in force."""

    schedules: list[ScheduleAnswer]
    builtin_bps: int
    next_cursor: str | None


class QuoteWish(_Words):
    """What somebody wants to know the price of; exchanges have quotes of their own."""

    operation: Literal["transfer", "escrow.release"]
    amount: AmountText
    asset: AssetText


class FeeAnswer(BaseModel):
    """What one tier takes."""

    tier: str
    amount: str


class QuoteAnswer(BaseModel):
    """A promise: until it expires, the operation costs this."""

    id: UUID
    operation: str
    amount: str
    asset: str
    fees: list[FeeAnswer]
    fee: str
    net: str
    schedule_id: UUID | None
    expires_at: datetime


def read_rule(wish: RuleWish, asset: str | None) -> Rule:
    """A rule in minor units.

    Raises:
        Malformed: An amount is none, or bounds do not go up.
    """

    def minor(text: str | None, field: str) -> int | None:
        if text is None or asset is None:
            return None
        try:
            return parse_amount(text, asset)
        except AmountError as error:
            raise amount_problem(f"rules.{field}", error) from None

    brackets = tuple(Bracket(minor(one.up_to, "up_to"), one.bps) for one in wish.brackets)
    bounds = [0, *(one.up_to_minor for one in brackets if one.up_to_minor is not None)]
    if any(low >= high for low, high in itertools.pairwise(bounds)):
        raise amount_problem("rules.up_to", AmountError("the bounds of brackets go up from zero"))
    if wish.bps is not None:
        brackets = (Bracket(None, wish.bps),)
    least, most = minor(wish.min, "min") or 0, minor(wish.max, "max")
    if most is not None and most < least:
        raise amount_problem("rules.max", AmountError("the maximum is below the minimum"))
    return Rule(wish.tier, wish.kind, brackets, minor(wish.flat, "flat") or 0, least, most)


def render_schedule(schedule: Schedule) -> ScheduleAnswer:
    """A version as a client sees it."""
    asset = schedule.asset

    def text(minor: int | None) -> str | None:
        return render_amount(minor, asset) if minor and asset else None

    rules = [
        RuleAnswer(
            tier=rule.tier,
            kind=rule.kind,
            brackets=[
                BracketWish(up_to=text(one.up_to_minor), bps=one.bps) for one in rule.brackets
            ],
            flat=text(rule.flat_minor),
            min=text(rule.min_minor),
            max=None
            if rule.max_minor is None or not asset
            else render_amount(rule.max_minor, asset),
        )
        for rule in schedule.rules
    ]
    kept = {name: getattr(schedule, name) for name in ScheduleAnswer.model_fields}
    return ScheduleAnswer(**{**kept, "rules": rules})


def render_fees(price: Price, asset: str) -> list[FeeAnswer]:
    """Fees, itemised."""
    return [
        FeeAnswer(tier=fee.tier, amount=render_amount(fee.amount_minor, asset))
        for fee in price.fees
    ]


def render_quote(quote: Quote) -> QuoteAnswer:
    """A promise as a client sees it."""
    price, asset = quote.price, quote.asset
    return QuoteAnswer(
        id=quote.id,
        operation=quote.operation,
        amount=render_amount(price.amount_minor, asset),
        asset=asset,
        fees=render_fees(price, asset),
        fee=render_amount(price.fee_minor, asset),
        net=render_amount(price.net_minor, asset),
        schedule_id=price.schedule_id,
        expires_at=quote.expires_at,
    )
