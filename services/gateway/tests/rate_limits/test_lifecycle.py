"""Cells, costs and addresses. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rate_limits.lifecycle import Limit, address_of, cost_of, grant

TEN = Limit("user", 10, 5)


def test_a_full_bucket_gives_its_burst_and_then_its_rate() -> None:
    """Five at once, the sixth a tenth of a second later."""
    full_at = 0.0
    for left in (4, 3, 2, 1, 0):
        given_ = grant(TEN, full_at, 100.0, least=1, wanted=1)
        assert (given_.cells, given_.left) == (1, left)
        full_at = given_.full_at
    refused = grant(TEN, full_at, 100.0, least=1, wanted=1)
    assert refused.cells == 0
    assert refused.wait_seconds == pytest.approx(0.1)
    assert grant(TEN, full_at, 100.1, least=1, wanted=1).cells == 1


def test_what_was_not_used_goes_back() -> None:
    """Cells that are given back are there again."""
    taken = grant(TEN, 0.0, 100.0, least=1, wanted=5)
    assert grant(TEN, taken.full_at, 100.0, least=1, wanted=5, back=3).cells == 3


@given(
    st.lists(
        st.tuples(st.floats(0, 2, allow_nan=False), st.integers(1, 5), st.integers(0, 5)),
        max_size=60,
    )
)
def test_never_more_than_burst_and_rate(asked: list[tuple[float, int, int]]) -> None:
    """Whatever is asked when: within any time no more than a burst and what came back meanwhile."""
    now, full_at = 1000.0, 0.0
    history: list[tuple[float, int]] = []
    for pause, least, more in asked:
        now += pause
        given_ = grant(TEN, full_at, now, least=least, wanted=least + more)
        full_at = given_.full_at
        assert given_.cells == 0 or least <= given_.cells <= least + more
        history.append((now, given_.cells))
        for at, _ in history:
            inside = sum(cells for when, cells in history if when >= at)
            assert inside <= TEN.burst + (now - at) * TEN.per_second + 1e-3


@pytest.mark.parametrize(
    ("announced", "cost"),
    [(None, 2), (b"0", 2), (b"65535", 2), (b"65536", 3), (b"4194304", 66), (b"x", 2)],
)
def test_large_bodies_cost_more(announced: bytes | None, cost: int) -> None:
    """One more for each 64 KiB."""
    assert cost_of(2, announced) == cost


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_ipv6_network_counts_as_one(host: str | None, address: str) -> None:
    """A household has 2^64 addresses, and one limit."""
    assert address_of(host) == address


def test_the_headers_are_as_the_draft_says() -> None:
    """Structured fields: a policy with quota and window; what is left and until when."""
    assert TEN.policy == b'"user";q=5;w=1'
    assert Limit("user", 200, 4000).told(3000) == b'"user";r=3000;t=5'
