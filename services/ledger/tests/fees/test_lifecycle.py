"""Quoting fees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.fees.lifecycle import quote_fee


@pytest.mark.parametrize(
    ("amount", "bps", "fee"),
    [(7500, 100, 75), (99, 100, 0), (100, 100, 1), (199, 100, 1), (7500, 0, 0), (1, 9999, 0)],
)
def test_a_fee_is_rounded_down(amount: int, bps: int, fee: int) -> None:
    """The payee has the benefit of the fraction."""
    assert quote_fee(amount, bps) == fee


@given(st.integers(1, 10**38 - 1), st.integers(0, 9999))
def test_a_fee_leaves_something_for_the_payee(amount: int, bps: int) -> None:
    """A fee is never negative, never the whole, and never more than its share."""
    fee = quote_fee(amount, bps)
    assert 0 <= fee < amount
    assert fee * 10_000 <= amount * bps


@pytest.mark.parametrize(("amount", "bps"), [(0, 100), (-1, 100), (1, -1), (1, 10_000)])
def test_nonsense_has_no_fee(amount: int, bps: int) -> None:
    """A caller that asks for the impossible has a defect."""
    with pytest.raises(ValueError, match="no fee"):
        quote_fee(amount, bps)
