"""What the engine is asked."""

import base64

import orjson
import pytest
from pydantic import ValidationError

from chassis.problems import Malformed
from search.finding.cursors import Cursor, read_cursor, search_digest, write_cursor
from search.finding.models import Wanted
from search.finding.query import Bounds, filters, search_body
from search.finding.understand import understand
from search.synonyms.book import Book

RIVERSIDE = Bounds("riverside")


def test_only_active_items_of_the_community_are_asked_for() -> None:
    """Both filters are there, whatever else is asked."""
    found = filters(Wanted(), RIVERSIDE)
    assert {"term": {"status": "active"}} in found
    assert {"term": {"community": "riverside"}} in found


def test_prices_are_compared_within_their_asset() -> None:
    """A price in another asset is another kind of number."""
    found = filters(Wanted(), Bounds("riverside", 100, 200))
    assert {"term": {"asset": "LXC"}} in found
    limits = {"gte": "100".rjust(38, "0"), "lte": "200".rjust(38, "0")}
    assert {"range": {"price_minor": limits}} in found


def test_figures_are_never_misspelt() -> None:
    """Only words of letters alone may have a wrong one."""
    for word, fuzzy in (("cable", True), ("b500", False)):
        body = search_body(Wanted(q=word), RIVERSIDE, understand(word, Book()), tolerant=True)
        assert ("fuzziness" in orjson.dumps(body).decode()) == fuzzy


@pytest.mark.parametrize(
    "wrong",
    [
        {"q": "a" * 201},
        {"q": "nul\x00"},
        {"limit": 51},
        {"limit": 0},
        {"sort": "cheapest"},
        {"kind": "thing"},
        {"seller": "nobody"},
        {"unknown": "field"},
    ],
)
def test_what_is_malformed_is_refused(wrong: dict[str, object]) -> None:
    """Each is a problem of its field, before the engine is asked."""
    with pytest.raises(ValidationError):
        Wanted.model_validate(wrong)


def test_white_space_of_any_kind_is_one_space() -> None:
    """A pasted line break is no mistake."""
    assert Wanted.model_validate({"q": " blue\n\tbike\u00a0"}).q == "blue bike"


def test_a_cursor_comes_back_as_it_was() -> None:
    """The sort values and the tolerance of the page before."""
    digest = search_digest(Wanted(q="bike"), RIVERSIDE)
    after = [1.5, 1_700_000_000_000, "id"]
    cursor = Cursor(after, tolerant=True, corrections={"bik": ("bike",)}, floor=0.7125)
    assert read_cursor(write_cursor(cursor, digest), digest, "relevance") == cursor


@pytest.mark.parametrize("text", ["", "!", "e30", "bnVsbA", "W10", "WzEsMiwzXQ"])
def test_a_cursor_that_is_none_is_refused(text: str) -> None:
    """Whatever it holds, it is the caller's mistake and not ours."""
    with pytest.raises(Malformed):
        read_cursor(text, "digest", "newest")


def test_a_cursor_of_another_search_is_refused() -> None:
    """Going on with other words would skip and repeat."""
    text = write_cursor(Cursor([0, "id"], tolerant=False), search_digest(Wanted(), RIVERSIDE))
    for wanted, bounds in ((Wanted(q="x"), RIVERSIDE), (Wanted(), Bounds("hillside"))):
        with pytest.raises(Malformed):
            read_cursor(text, search_digest(wanted, bounds), "newest")


@pytest.mark.parametrize("floor", [-0.5, 1.5, 1, "0.5", [0.5]])
def test_the_floor_of_a_forged_cursor_is_checked(floor: object) -> None:
    """The engine refuses what is no score."""
    content = orjson.dumps(["d", True, False, floor, [0.5, 0, "id"], {}])
    with pytest.raises(Malformed):
        read_cursor(base64.urlsafe_b64encode(content).decode(), "d", "relevance")


@pytest.mark.parametrize("after", [[], [1], [True, "id"], ["now", "id"], [0, 7], [0, "i" * 201]])
def test_sort_values_of_a_forged_cursor_are_checked(after: list[object]) -> None:
    """The engine is never asked to sort after nonsense."""
    with pytest.raises(Malformed):
        read_cursor(write_cursor(Cursor(after, tolerant=False), "d"), "d", "newest")
