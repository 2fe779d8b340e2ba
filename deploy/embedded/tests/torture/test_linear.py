"""A balance that somebody is shown is one that the account had just then."""

from uuid import UUID

import pytest

from embedded.torture.history import Look
from embedded.torture.oracles.linear import looks_are_linear
from embedded.torture.oracles.serial import Span

ACCOUNT = UUID(int=3)
#: 100 were paid in from second 1 to 2, 30 paid out from 5 to 6, 20 by somebody unknown, 50 from 9.
CHAIN = ["a", "b", "c", "d"]
BALANCES = [100, 70, 50, 0]
SPANS = {"a": Span(1, 2), "b": Span(5, 6), "d": Span(9, 10)}


def contradicts(*looks: tuple[int, float, float], chain: list[str] = CHAIN) -> bool:
    """Whether these looks, each a balance with when it was asked for and told, cannot be."""
    seen = [Look(ACCOUNT, *look) for look in looks]
    account = str(ACCOUNT)
    found = looks_are_linear(seen, {account: BALANCES}, {account: chain}, SPANS)
    assert {one.oracle for one in found} <= {"linear"}
    return bool(found)


@pytest.mark.parametrize(
    "look",
    [
        (0, 0.0, 0.5),
        (0, 0.0, 1.5),
        (100, 0.0, 1.5),
        (100, 3, 4),
        (70, 6.5, 7),
        (50, 6.5, 7),
        (100, 5.5, 5.6),
        (0, 11, 12),
        (0, 9.5, 12),
    ],
)
def test_the_newest_balance_or_one_of_meanwhile_is_well(look: tuple[int, float, float]) -> None:
    """Nothing that was told before is missing, nothing is seen before it was asked for."""
    assert not contradicts(look)


@pytest.mark.parametrize(
    "look",
    [
        (0, 3, 4),
        (100, 0.0, 0.5),
        (100, 7, 8),
        (70, 3, 4),
        (50, 11, 12),
        (0, 7, 8),
        (99, 3, 4),
    ],
)
def test_an_older_a_newer_and_no_balance_of_its_is_found(look: tuple[int, float, float]) -> None:
    """What was told is missing, what was not asked for is there, what never was is shown."""
    assert contradicts(look)


def test_nobody_sees_an_older_balance_than_somebody_before() -> None:
    """Nobody knows when the third entry came about: but who has seen it has."""
    assert not contradicts((70, 6.5, 6.6), (50, 7, 8))
    assert contradicts((50, 6.5, 6.6), (70, 7, 8))
    assert not contradicts((50, 6.5, 7.5), (70, 7, 8))


def test_nobody_looks_into_the_midst_of_a_transfer() -> None:
    """One that moves an account twice is seen whole or not at all."""
    assert not contradicts((70, 5.5, 5.6))
    assert contradicts((70, 5.5, 5.6), chain=["a", "b", "b", "d"])
    assert not contradicts((50, 5.5, 5.6), chain=["a", "b", "b", "d"])


def test_an_account_without_entries_has_nothing() -> None:
    """What is shown of it is nothing."""
    seen = [Look(ACCOUNT, 0, 1, 2)]
    assert looks_are_linear(seen, {}, {}, {}) == []
    assert looks_are_linear([Look(ACCOUNT, 5, 1, 2)], {}, {}, {})
