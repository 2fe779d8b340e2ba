"""Rules, and the book they make."""

import pytest

from search.synonyms.book import (
    FORMS_MAX,
    WORDS_MAX,
    BadRule,
    Book,
    Rule,
    key_of,
    read_shipped,
    singular,
)


@pytest.mark.parametrize(
    "text",
    ["", "ghee", "ghee,", "=> ghee", "ghee =>", "!!, ghee", "a b c d e, f", "x" * 61 + ", y"],
)
def test_a_rule_that_says_nothing_or_too_much_is_refused(text: str) -> None:
    """With a message that says what to do."""
    with pytest.raises(BadRule, match=r"\w"):
        Rule.read(text)


def test_a_rule_reads_as_it_is_written() -> None:
    """Its words are its name, so that it can't be there twice."""
    for text in ("ghee, tuppa", "learn => lessons"):
        assert str(Rule.read(text)) == text


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("diapers", "diaper"),
        ("candies", "candy"),
        ("dishes", "dish"),
        ("gas", "gas"),
        ("glass", "glass"),
    ],
)
def test_plurals_are_looked_up_as_one(plural: str, one: str) -> None:
    """Whoever writes a rule need not think of them."""
    assert singular(plural) == one


def test_a_query_never_grows_without_bound() -> None:
    """However many rules name a word, few of its forms are taken."""
    book = Book.of(Rule.read(f"soap, soap{number}x") for number in range(100))
    assert len(book.others(key_of("soap"))) == FORMS_MAX


def test_the_shipped_rules_can_be_read() -> None:
    """Each line is a rule, and the regional words are among them."""
    book = Book.of(read_shipped())
    assert "ghee" in book.others(key_of("tuppa"))
    assert "turmeric powder" in book.others(key_of("Arisina pudi"))
    assert book.longest <= WORDS_MAX
