"""Which searches have the same answer: tables, and a property."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from search.finding.cursors import same_words
from search.finding.models import Place, Wanted
from search.finding.query import Bounds
from search.finding.sameness import asked
from search.finding.understand import understand
from search.synonyms.book import Book, read_shipped

BOOK = Book.of(read_shipped())


def key(community: str = "riverside", synonyms: str = "s", /, **query: Any) -> str:
    """The name of a search."""
    return asked(Wanted.model_validate(query), Bounds(community), synonyms=synonyms).key


def test_white_space_and_case_make_no_other_search() -> None:
    """As a person would say: the same words."""
    assert key(q="Red  Bicycle") == key(q="red bicycle") != key(q="red bicycles")


def test_whatever_changes_an_answer_makes_another_search() -> None:
    """Community, rules, filters, order, size of the page and its place are in the name."""
    queries: tuple[dict[str, Any], ...] = (
        {},
        {"kind": "good"},
        {"sort": "newest"},
        {"limit": 5},
        {"cursor": "abc"},
        {"seller": "00000000-0000-0000-0000-000000000001"},
    )
    names = [key(q="lamp", **query) for query in queries]
    names += [key("hillside", q="lamp"), key("riverside", "other", q="lamp")]
    near = Bounds("riverside", 1, 2, Place(12.9, 77.5))
    names.append(asked(Wanted(q="lamp"), near, synonyms="s").key)
    riverside = Bounds("riverside")
    names.append(asked(Wanted(q="lamp"), riverside, synonyms="s", by_meaning=True).key)
    assert len(set(names)) == len(names)


@given(st.text(max_size=30))
def test_texts_of_one_form_are_understood_alike(text: str) -> None:
    """Otherwise one person's answer would be given to another question."""
    assert understand(same_words(text), BOOK) == understand(text, BOOK)
