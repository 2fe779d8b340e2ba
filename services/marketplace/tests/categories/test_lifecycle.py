"""Categories are found however a person writes them."""

import pytest

from marketplace.categories.errors import UnknownCategory
from marketplace.categories.lifecycle import read_path, slug_path_of


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("home-garden/kitchen", "home-garden/kitchen"),
        ("Home & Garden > Kitchen", "home-garden/kitchen"),
        ("Beauty & Hygiene>Hair Care", "beauty-hygiene/hair-care"),
        ("Kitchen, Garden & Pets", "kitchen-garden-pets"),
        ("A/B Testing", "a-b-testing"),
        ("Café > Crème", "cafe/creme"),
        ("Straße", "strasse"),
        ("किताबें > नई", "किताबें/नई"),
        ("SERVICES", "services"),
    ],
)
def test_a_path_is_read_from_slugs_or_names(text: str, path: str) -> None:
    """Case, accents, spaces and signs do not matter."""
    assert slug_path_of(read_path(text)) == path


@pytest.mark.parametrize("text", ["&", ">", "a > > b", "a > b > c > d > e > f", "x" * 61, "/"])
def test_what_can_be_no_path_is_refused(text: str) -> None:
    """Empty, too deep or too long."""
    with pytest.raises(UnknownCategory):
        read_path(text)
