"""Prices: rounding, bounds, brackets, and which schedule is in force."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.fees.lifecycle import builtin_schedule, choose_schedule, fee_of, price
from ledger.fees.models import TIERS, Bracket, Fee, Rule, Schedule
from services.ledger.tests.books import NOW

AMOUNTS = st.integers(1, 10**38 - 1) | st.integers(1, 20_000)
MINORS = st.integers(0, 10**6)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule that the API lets in."""
    bounds = sorted(draw(st.sets(st.integers(1, 10**7), max_size=4)))
    shares = draw(st.lists(st.integers(0, 10_000), min_size=5, max_size=5))
    brackets = [Bracket(b, bps) for b, bps in zip(bounds, shares, strict=False)]
    low = draw(MINORS)
    return Rule(
        draw(st.sampled_from(TIERS)),
        "tiered",
        (*brackets, Bracket(None, shares[-1])),
        draw(MINORS),
        low,
        draw(st.none() | st.integers(low, 10**7)),
    )


SCHEDULES = st.lists(rules(), max_size=5, unique_by=lambda rule: rule.tier).map(
    lambda some: Schedule(None, "transfer", None, None, NOW, tuple(some))
)


@pytest.mark.parametrize(
    ("amount", "bps", "fee"),
    [(7500, 100, 75), (99, 100, 0), (100, 100, 1), (199, 100, 1), (7500, 0, 0), (1, 9999, 0)],
)
def test_a_fee_is_rounded_down(amount: int, bps: int, fee: int) -> None:
    """The payee has the benefit of the fraction: 75.00 at one per cent is 0.75."""
    priced = price(amount, builtin_schedule("escrow.release", bps))
    assert (priced.fee_minor, priced.net_minor) == (fee, amount - fee)


@given(AMOUNTS, SCHEDULES)
def test_the_parts_add_up_to_the_whole(amount: int, schedule: Schedule) -> None:
    """No residue is lost, no fee is zero or negative, and the payee always gets something."""
    priced = price(amount, schedule)
    assert sum(fee.amount_minor for fee in priced.fees) + priced.net_minor == amount
    assert all(fee.amount_minor > 0 for fee in priced.fees)
    assert priced.net_minor >= 1
    assert [fee.tier for fee in priced.fees] == [
        tier for tier in TIERS if tier in {fee.tier for fee in priced.fees}
    ]


@given(AMOUNTS, rules())
def test_minimum_and_maximum_hold(amount: int, rule: Rule) -> None:
    """A tier wants what its bounds allow; it gets less only where no more is left."""
    wanted = fee_of(amount, rule)
    assert wanted >= rule.min_minor
    assert rule.max_minor is None or wanted <= rule.max_minor
    priced = price(amount, Schedule(None, "transfer", None, None, NOW, (rule,)))
    assert priced.fee_minor == min(wanted, amount - 1)


@given(AMOUNTS, st.integers(0, 10**6), rules())
def test_more_money_never_costs_less(amount: int, more: int, rule: Rule) -> None:
    """Across the bounds of brackets too: each part is priced by its own bracket."""
    assert fee_of(amount, rule) <= fee_of(amount + more, rule)


def test_brackets_price_their_own_part() -> None:
    """100.00 at 3 %, the next 900.00 at 2 %, the rest at 1 %; rounded once, at the end."""
    rule = Rule(
        "NETWORK", "tiered", (Bracket(10_000, 300), Bracket(100_000, 200), Bracket(None, 100))
    )
    assert [fee_of(n, rule) for n in (10_000, 10_049, 100_000, 200_000)] == [300, 300, 2_100, 3_100]


def test_tiers_take_in_their_order_until_one_unit_is_left() -> None:
    """The last tier gets what is left of a small amount."""
    flat = tuple(Rule(tier, "flat", flat_minor=3) for tier in reversed(TIERS))
    priced = price(8, Schedule(None, "transfer", None, None, NOW, flat))
    assert priced.fees == (Fee("PLATFORM", 3), Fee("PROVIDER", 3), Fee("NETWORK", 1))
    assert priced.net_minor == 1


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_has_no_price(amount: int) -> None:
    """A caller that asks for the impossible has a defect."""
    with pytest.raises(ValueError, match="no fee"):
        price(amount, builtin_schedule("transfer", 100))


def version(asset: str | None, community: str | None, days: int, reason: str) -> Schedule:
    """A version of a price list."""
    return Schedule(None, "transfer", asset, community, NOW + timedelta(days=days), (), reason)


VERSIONS = [
    version(None, None, -9, "anywhere"),
    version("LXC", None, -8, "asset"),
    version(None, "riverside", -7, "community"),
    version("LXC", "riverside", -6, "both"),
    version("LXC", "riverside", -5, "both, newer"),
    version("LXC", "riverside", 1, "tomorrow"),
]


@pytest.mark.parametrize(
    ("asset", "community", "days", "chosen"),
    [
        ("EUR", "hill", 0, "anywhere"),
        ("LXC", "hill", 0, "asset"),
        ("EUR", "riverside", 0, "community"),
        ("LXC", "riverside", 0, "both, newer"),
        ("LXC", "riverside", -6, "both"),
        ("LXC", "riverside", -7, "community"),
        ("LXC", "riverside", 1, "tomorrow"),
        ("LXC", "riverside", -20, "LOCALEX_FEE_BPS"),
    ],
)
def test_the_closest_scope_in_force_prices(
    asset: str, community: str, days: int, chosen: str
) -> None:
    """Scope first, then the newest that is in force; before any, the built-in price."""
    for some in (VERSIONS, VERSIONS[::-1]):
        found = choose_schedule(
            some,
            "transfer",
            asset=asset,
            community=community,
            at=NOW + timedelta(days=days),
            fee_bps=100,
        )
        assert found.reason == chosen


def test_another_operation_has_the_built_in_price() -> None:
    """Only releases cost something by themselves."""
    for operation, count in (("escrow.release", 1), ("transfer", 0)):
        some = [] if operation == "transfer" else VERSIONS
        found = choose_schedule(
            some, operation, asset="LXC", community="riverside", at=NOW, fee_bps=100
        )
        assert len(found.rules) == count
