"""Cells that people's words stand in."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.statements.sheet import write_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "|cmd",
        "%1",
        "\uff1d1",
        "\uff0b1",
        "'=1",
    ],
)
def test_what_a_spreadsheet_would_reckon_is_text(text: str) -> None:
    """A cell that could be a formula begins with an apostrophe."""
    assert write_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "bicycle", "a=b", "2 kg - 3 kg", "o'clock"])
def test_other_words_stay_as_they_are(text: str) -> None:
    """Nothing is changed without need."""
    assert write_cell(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_cell_can_be_read_back(text: str) -> None:
    """Whoever strips one apostrophe has what was written, line breaks and quotes too."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow([write_cell(text), "end"])
    [[cell, _]] = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert cell.removeprefix("'") == text
    assert not cell.startswith(tuple("=+-@\t\r\n"))
