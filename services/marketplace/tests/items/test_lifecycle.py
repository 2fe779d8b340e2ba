"""An item's status follows its seller's wish and its stock, and nothing else."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.marketplace import ItemStatus
from marketplace.categories.models import Category
from marketplace.items.compose import compose, fields_of
from marketplace.items.errors import IllegalStatus, ListingMalformed, QuantityTaken
from marketplace.items.lifecycle import MOVES, free, hold, revise, sell, status_by_stock
from marketplace.items.models import Item
from marketplace.items.place import cell_at, centre_of, is_cell
from tests.tidy.tree import ROOT

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OTHER = Category(UUID(int=1), "other", ("Other",))
FIELDS: dict[str, Any] = {
    "title": "Bicycle",
    "description": "",
    "kind": "good",
    "pricing": "credits",
    "price": "60.00",
    "asset": "LXC",
    "quantity": 1,
    "condition": None,
    "brand": None,
    "item_type": None,
    "neighbourhood": None,
    "cell": None,
    "wanted": None,
    "accepts_gift_credits": False,
    "latitude": None,
    "longitude": None,
}


def item_in(
    status: ItemStatus, *, quantity: int = 3, reserved: int = 0, sold: int = 0, **fields: Any
) -> Item:
    """An item in a status."""
    return Item(
        id=uuid4(),
        version=4,
        seller_id=uuid4(),
        community="riverside",
        external_ref=None,
        content_hash=None,
        status=status,
        hidden=False,
        listing=compose({**FIELDS, "quantity": quantity, **fields}, OTHER),
        reserved=reserved,
        sold=sold,
        created_at=NOW,
        changed_at=NOW,
    )


def test_the_database_allows_the_moves_of_the_table_and_no_other() -> None:
    """The rows of the migration are the pure table."""
    folder = ROOT / "services/marketplace/sql/migrations"
    text = (folder / "0003_add_items.up.sql").read_text()
    rows = text.partition("INSERT INTO item_move")[2].partition("VALUES")[2].partition(";")[0]
    assert sorted(eval(f"[{rows}]")) == sorted(MOVES)  # noqa: S307 - tuples of our own file


@given(
    st.sampled_from(get_args(ItemStatus)),
    st.sampled_from(["draft", "active", "withdrawn", None]),
    st.integers(1, 5),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_a_revision_makes_legal_moves_only(
    status: ItemStatus, wish: Any, quantity: int, reserved: int, sold: int
) -> None:
    """Whatever a seller wishes: a legal move with a status that fits the stock, or a problem."""
    item = item_in(status, quantity=6, reserved=reserved, sold=sold)
    listing = replace(item.listing, quantity=quantity)
    try:
        revised = revise(item, listing, wish, NOW)
    except IllegalStatus as problem:
        pair = (problem.facts["present_status"], problem.facts["wished_status"])
        assert pair not in MOVES
        return
    except QuantityTaken:
        assert quantity < reserved + sold
        return
    assert revised.status == item.status or (item.status, revised.status) in MOVES
    assert revised.available >= 0
    if revised.status in ("active", "reserved", "sold"):
        assert revised.status == status_by_stock(revised)
    assert (revised is item) == (revised.version == item.version)


def test_saying_the_same_again_changes_nothing() -> None:
    """No new version, and so no event."""
    item = item_in("active")
    again = compose({**fields_of(item.listing), "title": "Bicycle"}, OTHER)
    assert revise(item, again, "active", NOW) is item


@given(st.lists(st.sampled_from(["hold", "free", "sell"]), max_size=30))
def test_stock_never_goes_below_zero_or_over(moves: list[str]) -> None:
    """Held and sold pieces never exceed the quantity, and the status says what is left."""
    item, held = item_in("active"), 0
    for move in moves:
        if move == "hold" and item.available:
            item, held = hold(item, 1, NOW), held + 1
        elif move == "free" and held:
            item, held = free(item, 1, NOW), held - 1
        elif move == "sell" and held:
            item, held = sell(item, 1, NOW), held - 1
        assert item.reserved == held
        assert 0 <= item.available <= 3
        assert (item.status == "active") == (item.available > 0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"price": None}, "price"),
        ({"price": "0.00"}, "price"),
        ({"price": "1.005"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "1e3"}, "price"),
        ({"price": "9" * 40}, "price"),
        ({"asset": None}, "asset"),
        ({"asset": "XXX"}, "asset"),
        ({"pricing": "gift"}, "price"),
        ({"pricing": "barter", "price": None}, "asset"),
        ({"kind": "service", "condition": "good"}, "condition"),
        ({"latitude": Decimal("1.5")}, "longitude"),
        ({"cell": "8760145b4ffffff", "latitude": Decimal(1), "longitude": Decimal(1)}, "cell"),
        ({"cell": "8860145b41fffff"}, "cell"),
        ({"cell": "8760145B4FFFFFF"}, "cell"),
        ({"cell": "here"}, "cell"),
        ({"pricing": "barter", "price": None, "asset": None}, "wanted"),
        ({"wanted": "A cello"}, "wanted"),
        (
            {"pricing": "gift", "price": None, "asset": None, "accepts_gift_credits": True},
            "accepts_gift_credits",
        ),
    ],
)
def test_fields_that_do_not_go_together_are_named(fields: dict[str, Any], field: str) -> None:
    """Each problem names the field to change."""
    with pytest.raises(ListingMalformed) as caught:
        compose({**FIELDS, **fields}, OTHER)
    assert field in [error["field"] for error in caught.value.facts["errors"]]


@given(
    st.decimals("-90", "90", places=5),
    st.decimals("-180", "180", places=5),
)
def test_a_place_is_told_to_some_square_kilometres(latitude: Decimal, longitude: Decimal) -> None:
    """A cell of the one resolution that the database takes; its middle lies in it."""
    cell = cell_at(latitude, longitude)
    assert is_cell(cell)
    assert re.fullmatch("87[0-9a-f]{7}f{6}", cell)
    centre = centre_of(cell)
    assert centre is not None
    assert cell_at(Decimal(centre[0]), Decimal(centre[1])) == cell


def test_two_spots_of_a_street_are_one_place() -> None:
    """What is kept and told does not say which."""
    here, there = ("12.97163", "77.59460"), ("12.97165", "77.59461")
    assert cell_at(*map(Decimal, here)) == cell_at(*map(Decimal, there)) == "8760145b4ffffff"
