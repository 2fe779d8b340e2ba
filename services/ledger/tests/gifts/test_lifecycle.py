"""Which lots a spending takes from, as a table and against a plain model."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.gifts.lifecycle import expire, in_order, put_back, shortage, take
from ledger.gifts.models import Lot, LotState
from services.ledger.tests.books import NOW

ACCOUNT, GIVER, TRANSFER = UUID(int=1), UUID(int=2), UUID(int=3)


def lot(number: int, remaining: int, ends: int | None) -> Lot:
    """A gift of 100 that ends in some days."""
    expires_at = None if ends is None else NOW + timedelta(days=ends)
    state: LotState = "OPEN" if remaining else "SPENT"
    given_at = datetime(2026, 1, 1, tzinfo=NOW.tzinfo)
    return Lot(
        UUID(int=number), ACCOUNT, GIVER, "LXC", 100, remaining, state, None, given_at, expires_at,
        given_at, 1, UUID(int=number),
    )  # fmt: skip


def test_the_first_to_end_is_spent_first() -> None:
    """Then the older of two that end together, and those without an end last."""
    lots = [lot(1, 10, None), lot(2, 10, 5), lot(3, 10, 2), lot(4, 10, 5), lot(5, 0, 1)]
    assert [one.id.int for one in in_order(lots, NOW)] == [3, 2, 4, 1]
    after = take(lots, 25, TRANSFER, NOW)
    assert [(one.id.int, one.remaining_minor, one.state) for one in after] == [
        (3, 0, "SPENT"),
        (2, 0, "SPENT"),
        (4, 5, "OPEN"),
    ]
    assert {(one.version, one.moved_by) for one in after} == {(2, TRANSFER)}


def test_what_was_taken_last_is_given_back_first() -> None:
    """The gift that ends first stays spent the longest; all of it makes all as it was."""
    spent = take([lot(1, 10, 5), lot(2, 10, 2), lot(3, 10, None)], 25, TRANSFER, NOW)
    taken = [(one, 10 if one.id.int != 3 else 5) for one in spent]
    part = put_back(taken, 8, UUID(int=4), NOW)
    assert [(one.id.int, one.remaining_minor, one.state) for one in part] == [
        (3, 10, "OPEN"),
        (1, 3, "OPEN"),
    ]
    whole = put_back(taken, 25, UUID(int=4), NOW)
    assert {(one.id.int, one.remaining_minor) for one in whole} == {(1, 10), (2, 10), (3, 10)}
    assert {(one.version, one.moved_by) for one in whole} == {(3, UUID(int=4))}


def test_what_is_due_is_not_spent() -> None:
    """From its end on a gift can only return, though the worker has not come yet."""
    lots = [lot(1, 10, 0), lot(2, 10, 1)]
    assert shortage(lots, 10, NOW, asset="LXC") is None
    refused = shortage(lots, 11, NOW, asset="LXC")
    assert refused is not None
    assert (refused[0].facts["available"], refused[1], refused[2]) == ("0.10", 10, 1)


def test_only_what_is_open_and_due_expires() -> None:
    """Whole or in part; what never ends does not."""
    due = expire(lot(1, 40, 0), TRANSFER, NOW)
    assert due is not None
    assert (due.remaining_minor, due.state, due.version) == (0, "EXPIRED", 2)
    for other in (lot(1, 40, 1), lot(1, 0, 0), lot(1, 40, None)):
        assert expire(other, TRANSFER, NOW) is None


LOTS = st.lists(st.tuples(st.integers(0, 100), st.none() | st.integers(-3, 9)), max_size=12)


@given(LOTS, st.integers(1, 900))
def test_what_is_taken_is_what_is_spent(found: list[tuple[int, int | None]], amount: int) -> None:
    """As if every unit were a coin that is taken in order of its end."""
    lots = [lot(n, left, ends) for n, (left, ends) in enumerate(found, 1)]
    coins = sorted(
        (1 if one.expires_at is None else 0, one.expires_at or NOW, one.id)
        for one in lots
        for _ in range(one.remaining_minor)
        if one.expires_at is None or one.expires_at > NOW
    )
    taken = take(lots, amount, TRANSFER, NOW)
    before = {one.id: one.remaining_minor for one in lots}
    spent = {one.id: before[one.id] - one.remaining_minor for one in taken}
    wanted: dict[UUID, int] = {}
    for _, _, owner in coins[:amount]:
        wanted[owner] = wanted.get(owner, 0) + 1
    assert spent == wanted
    assert (shortage(lots, amount, NOW, asset="LXC") is None) == (len(coins) >= amount)
