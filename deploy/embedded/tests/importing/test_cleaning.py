"""What is cleaned, and what is left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.importing.cleaning import clean_text


@pytest.mark.parametrize(
    ("dirty", "clean", "rules"),
    [
        ("Hair\u00a0Oil", "Hair Oil", ["spaces"]),
        ("Gluco Plus \u00c2\u00a0Orange", "Gluco Plus Orange", ["mojibake", "spaces"]),
        ("Spray \u00e2\u20ac\u201c Kills", "Spray \u2013 Kills", ["mojibake"]),
        ("Caf\u00c3\u00a9", "Caf\u00e9", ["mojibake"]),
        ("Cr\u00e8me \u2013 caf\u00e9\u2019s", "Cr\u00e8me \u2013 caf\u00e9\u2019s", []),
        ("two\nlines  here ", "two lines here", []),
        ("\u00c2 propos", "\u00c2 propos", []),
        ("\u00e2\u20ac", "\u00e2\u20ac", []),
    ],
)
def test_only_what_is_certain_is_mended(dirty: str, clean: str, rules: list[str]) -> None:
    """Broken encodings and odd spaces go; dashes, accents and lone letters stay."""
    assert clean_text(dirty) == (clean, rules)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_plain_text_only_loses_white_space(text: str) -> None:
    """Nothing that is not white space changes."""
    assert "".join(clean_text(text)[0].split()) == "".join(text.split())


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """A second import sees the same content."""
    once = clean_text(text)[0]
    assert clean_text(once)[0] == once or clean_text(once)[1] == ["mojibake"]
