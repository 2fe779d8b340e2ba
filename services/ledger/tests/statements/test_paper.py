"""Text that a font cannot show."""

import pytest

from ledger.statements.paper import show_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë, 5 €", "Zoë, 5 €"),
        ("Zoe\u0308", "Zoë"),
        ("क", "{U+0915}"),
        ("Ж", "{U+0416}"),
        ("a\u202eb", "a{U+202E}b"),
        ("a\tb", "a{U+0009}b"),
    ],
)
def test_what_the_font_lacks_is_shown_by_its_code_point(text: str, shown: str) -> None:
    """Nothing is left out, and nothing looks like something else."""
    assert show_text(text) == shown
