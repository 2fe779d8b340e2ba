"""Amounts are read exactly or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts.money import MAX_MINOR, SCALES, AmountError, Minor, parse_amount, render_amount


class Holder(BaseModel):
    """A model with an amount, as the messages have."""

    amount_minor: Minor


@given(st.sampled_from(sorted(SCALES)), st.integers(0, MAX_MINOR))
def test_what_is_rendered_is_read_back(asset: str, minor: int) -> None:
    """No digit is lost in either direction, for any asset and size."""
    assert parse_amount(render_amount(minor, asset), asset) == minor


@pytest.mark.parametrize(
    ("text", "minor"), [("60.00", 6000), ("60", 6000), ("0.1", 10), ("0", 0), ("174.25", 17425)]
)
def test_plain_amounts_are_read(text: str, minor: int) -> None:
    """Fewer decimals than the asset has are fine."""
    assert parse_amount(text, "LXC") == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "1.",
        ".5",
        "01",
        "1,00",
        "1e3",
        "NaN",
        "Infinity",
        "1.000",
        "٣",
        "1" * 39,
        "0x1",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Signs, exponents, separators, other digits and too much precision are no amounts."""
    with pytest.raises(AmountError):
        parse_amount(text, "LXC")


def test_an_unknown_asset_is_refused_by_name() -> None:
    """The message names the asset."""
    with pytest.raises(AmountError, match="XYZ"):
        parse_amount("1", "XYZ")


@pytest.mark.parametrize("value", [1.5, True, "1.5", "1e5", 10**38, None, "\uff11"])
def test_minor_units_are_whole_and_bounded(value: object) -> None:
    """A float, a boolean or a 39th digit never becomes money."""
    with pytest.raises(ValidationError):
        Holder.model_validate({"amount_minor": value})


@given(st.integers(-MAX_MINOR, MAX_MINOR))
def test_minor_units_travel_as_strings(minor: int) -> None:
    """JSON numbers lose digits; strings do not."""
    text = Holder(amount_minor=minor).model_dump_json()
    assert text == f'{{"amount_minor":"{minor}"}}'
    assert Holder.model_validate_json(text).amount_minor == minor
