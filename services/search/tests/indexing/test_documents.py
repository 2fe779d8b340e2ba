"""Documents are what events say."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.marketplace import ItemChanged
from contracts.money import MAX_MINOR
from search.indexing.documents import category_levels, document_of, price_band, sortable_price

type MakeItem = Callable[..., ItemChanged]


@given(st.integers(0, MAX_MINOR), st.integers(0, MAX_MINOR))
def test_prices_sort_as_text_as_they_do_as_numbers(one: int, other: int) -> None:
    """Leading zeros make the order of text the order of numbers, for every amount."""
    assert (sortable_price(one) < sortable_price(other)) == (one < other)


@pytest.mark.parametrize(
    ("minor", "asset", "band"),
    [
        (999, "LXC", "under-10"),
        (1000, "LXC", "10-50"),
        (10_000_000, "LXC", "1000-up"),
        (2 * 10**18, "ETH", "under-10"),
    ],
)
def test_a_band_is_of_whole_units(minor: int, asset: str, band: str) -> None:
    """The scale of the asset decides, and a band's upper border belongs to the next one."""
    assert price_band(minor, asset) == band


def test_a_category_counts_for_all_above_it() -> None:
    """Each level is there with its way down."""
    assert category_levels(("Home", "Kitchen")) == ["Home", "Home > Kitchen"]


@pytest.mark.parametrize("status", ["sold", "withdrawn", "draft"])
def test_what_is_not_on_offer_leaves_a_tombstone_without_content(
    item: MakeItem, status: str
) -> None:
    """The version stays, so that an older event can't bring the item back; the words go."""
    document = document_of(item("Secret", status=status, version=7))
    assert document["deleted"] is True
    assert document["version"] == 7
    assert "title" not in document


def test_a_gift_costs_nothing_and_a_barter_has_no_price(item: MakeItem) -> None:
    """A gift sorts as the cheapest; a barter has no place among prices."""
    free = {"price_minor": None, "asset": None}
    assert int(document_of(item(pricing="gift", **free))["price_minor"]) == 0
    assert "price_minor" not in document_of(item(pricing="barter", **free))


def test_a_rating_is_kept_exactly(item: MakeItem) -> None:
    """4.1 becomes 410 hundredths, with no float between."""
    document = document_of(item(rating="4.1", created_at=datetime.now(UTC)))
    assert (document["rating"], document["rating_hundredths"]) == ("4.1", 410)
