"""Leaves: every column of transfer and entry is in them, and receipts open what they should."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.transparency.leaf import Row, Value, encode_leaf, open_parts
from services.ledger.tests.transparency.reference import (
    ANA,
    BEN,
    DATA,
    NOON,
    leaf,
    salt,
    transfer_rows,
)

TRANSFER, ENTRIES = transfer_rows()


def edited(value: Value | None) -> list[Value | None]:
    """The smallest changes of a value."""
    match value:
        case None:
            return ["", UUID(int=1)]
        case str():
            return [f"{value} ", value[:-1], value.swapcase(), None]
        case UUID():
            return [UUID(int=value.int ^ 1), None]
        case datetime():
            return [value + timedelta(microseconds=1), None]
        case bytes():
            return [value + b"\0", None]
        case _:
            return [value + 1, -value or 1, value * 10 or 10, None]


def edits() -> list[Any]:
    """Each column of the transfer and of each entry, with each small change."""
    rows = [(None, TRANSFER), *enumerate(ENTRIES)]
    return [
        pytest.param(place, column, value, id=f"{place}-{column}-{value}")
        for place, row in rows
        for column, old in row.items()
        for value in edited(old)
        if (column, value) != ("position", None) and column != "position"
    ]


@pytest.mark.parametrize(("place", "column", "value"), edits())
def test_any_edit_of_any_column_changes_the_leaf(
    place: int | None, column: str, value: Value | None
) -> None:
    """One microsecond, one minor unit, one blank, one bit of an id: the leaf is another."""
    transfer, entries = dict(TRANSFER), [dict(entry) for entry in ENTRIES]
    (transfer if place is None else entries[place])[column] = value
    assert encode_leaf(transfer, entries, salt=salt()).hash() != leaf().hash()


def test_moving_adding_or_losing_an_entry_changes_the_leaf() -> None:
    """Swapped positions, a third entry and a lost one are each another leaf."""
    one, two = ENTRIES
    swapped = [{**one, "position": 2}, {**two, "position": 1}]
    added = [one, two, {**two, "position": 3}]
    for entries in (swapped, added, [one]):
        assert encode_leaf(TRANSFER, entries, salt=salt()).hash() != leaf().hash()
    with pytest.raises(ValueError, match="run from 1"):
        encode_leaf(TRANSFER, [two], salt=salt())


def test_the_order_in_which_rows_are_read_does_not_matter() -> None:
    """Entries stand by position, columns by name."""
    backwards: Row = dict(reversed(list(TRANSFER.items())))
    assert encode_leaf(backwards, ENTRIES[::-1], salt=salt()) == leaf()


def test_a_column_added_later_changes_no_old_leaf() -> None:
    """A new column is NULL in old rows and leaves them as they were; once filled, it is bound."""
    assert encode_leaf({**TRANSFER, "tenant": None}, ENTRIES, salt=salt()) == leaf()
    filled = encode_leaf({**TRANSFER, "tenant": "x"}, ENTRIES, salt=salt())
    assert filled.hash() != leaf().hash()
    assert "tenant" not in filled.parts[0].text


def test_the_same_moment_is_one_text() -> None:
    """A time is bound as the moment it is, whatever zone it is read in."""
    east = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    moved = [{**entry, "posted_at": east} for entry in ENTRIES]
    assert encode_leaf({**TRANSFER, "posted_at": east}, moved, salt=salt()) == leaf()
    assert '"posted_at":"2026-11-21T12:00:00.000000Z"' in leaf().parts[0].text
    early = encode_leaf(
        {**TRANSFER, "posted_at": datetime(1, 1, 1, tzinfo=UTC)}, ENTRIES, salt=salt()
    )
    assert '"posted_at":"0001-01-01T00:00:00.000000Z"' in early.parts[0].text


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (NOON.replace(tzinfo=None), ValueError, "no time zone"),
        (0.5, TypeError, "float"),
        ({"memo": 1}, TypeError, "dict"),
    ],
)
def test_a_value_without_one_text_is_refused(value: Any, error: type[Exception], said: str) -> None:
    """What could be written in two ways, or was decoded already, is not bound by accident."""
    with pytest.raises(error, match=said):
        encode_leaf({**TRANSFER, "kind": value}, ENTRIES, salt=salt())


def test_each_type_has_its_text() -> None:
    """Switches, large amounts, ids and subclasses of them are written in one way."""

    class Identity(UUID):
        """As a driver may have its own."""

    row: Row = {
        **TRANSFER,
        "kind": True,
        "reverses": Identity(int=255),
        "metadata": -(10**38),
        "digest": b"\x0f\xff",
    }
    leaf_of_row = encode_leaf(row, ENTRIES, salt=salt())
    columns, kept = (json.loads(part.text)["columns"] for part in leaf_of_row.parts[:2])
    assert kept["digest"] == "0fff"
    assert columns["kind"] == "true"
    assert columns["reverses"] == "00000000-0000-0000-0000-0000000000ff"
    assert columns["metadata"] == f"-1{'0' * 38}"


def test_who_gets_a_receipt_sees_only_where_they_stand() -> None:
    """Ana sees what moved on both sides and her balance; neither Ben's, nor who asked for it."""
    shown = [json.loads(text) for text in open_parts(leaf(), accounts={str(ANA)}, every_entry=True)]
    assert [part["part"] for part in shown] == ["transfer", "entry/1", "entry/2", "standing/2"]
    mine = [json.loads(text) for text in open_parts(leaf(), accounts={str(BEN)}, every_entry=False)]
    assert [part["part"] for part in mine] == ["transfer", "entry/1", "standing/1"]
    everything = open_parts(leaf(), accounts={str(ANA), str(BEN)}, every_entry=True, request=True)
    assert everything == tuple(part.text for part in leaf().parts)


def test_each_part_has_its_own_salt() -> None:
    """An opened part gives away neither the leaf's salt nor that of a closed part."""
    salts = [json.loads(part.text)["salt"] for part in leaf().parts]
    assert len(set(salts)) == len(salts)
    assert all(len(text) == 32 and text not in salt().hex() for text in salts)
    with pytest.raises(ValueError, match="32 bytes"):
        encode_leaf(TRANSFER, ENTRIES, salt=b"short")


@given(st.text(), st.text())
def test_texts_are_bound_exactly(one: str, two: str) -> None:
    """Two texts give one leaf only if they are the same, escapes and controls included."""
    leaves = [
        encode_leaf({**TRANSFER, "kind": text, "reverses": "x"}, ENTRIES, salt=salt()).text
        for text in (one, two)
        if text.isprintable() or text.encode("utf-8", "ignore").decode() == text
    ]
    assert len(leaves) < 2 or (leaves[0] == leaves[1]) == (one == two)


def test_the_form_of_a_leaf_stays_as_it_was_published() -> None:
    """The committed example is byte for byte what is encoded today: receipts last for ever."""
    golden = json.loads((DATA / "receipt.json").read_text())
    assert golden["leaf"] == leaf(5).text
    assert golden["opened"] == list(open_parts(leaf(5), accounts={str(ANA)}, every_entry=True))
