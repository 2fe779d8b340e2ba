"""What a person wrote, and what they look for."""

import pytest

from search.finding.spelling import corrected_text, mend, read_corrections
from search.finding.understand import Slot, edits, understand
from search.synonyms.book import Book, Rule

BOOK = Book.of(map(Rule.read, ("ghee, tuppa, clarified butter", "learn => lessons")))


def texts(q: str) -> list[str]:
    """What is looked for, as it was written."""
    return [slot.text for slot in understand(q, BOOK).slots]


def forms(slot: Slot) -> list[str]:
    """In which forms."""
    return [form.text for form in slot.forms]


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("soap for hands", ["soap", "hands"]),
        ("the", ["the"]),
        ("!!! --", []),
        ("Cable, 2.5 MM", ["cable", "2.5mm"]),
        ("men's soap", ["men's", "soap"]),
        ("clarified butter", ["clarified butter"]),
        ("where can I buy good ghee", ["ghee"]),
        ("good day biscuits", ["good", "day", "biscuits"]),
        (" ".join(map(str, range(50))), list(map(str, range(12)))),
    ],
)
def test_words_are_those_that_tell(q: str, words: list[str]) -> None:
    """Common words tell nothing, phrases of the book stay together, sentences say it at length."""
    assert texts(q) == words


def test_synonyms_count_less_than_what_was_written() -> None:
    """Each other way to say it is looked for, too."""
    (slot,) = understand("Tuppa", BOOK).slots
    assert forms(slot) == ["tuppa", "ghee", "clarified butter"]
    assert slot.forms[0].weight > slot.forms[1].weight


def test_a_rule_with_an_arrow_goes_one_way() -> None:
    """Who wants to learn wants lessons; who wants lessons needs no other word."""
    assert forms(understand("learn", BOOK).slots[0]) == ["learn", "lessons"]
    assert forms(understand("lessons", BOOK).slots[0]) == ["lessons"]


@pytest.mark.parametrize("q", ["1.5L", "1.5 litre", "1500 ml", "1,5 ltr"])
def test_a_size_is_the_same_in_each_unit(q: str) -> None:
    """However it is written, both `1.5l` and `1500ml` are looked for."""
    (slot,) = understand(q, BOOK).slots
    assert {"1.5l", "1500ml"} <= set(slot.forms[0].text.split())


def test_a_size_helps_to_choose_and_need_not_be_there() -> None:
    """Alone it is what is looked for."""
    assert [slot.optional for slot in understand("ghee 500 g", BOOK).slots] == [False, True]
    assert [slot.optional for slot in understand("500 g", BOOK).slots] == [False]


def test_neighbours_are_one_word_as_well() -> None:
    """Who writes "tooth paste" finds a toothpaste."""
    for slot in understand("tooth paste", BOOK).slots:
        assert "toothpaste" in forms(slot)


@pytest.mark.parametrize(
    ("one", "other", "away"), [("soap", "saop", 1), ("soap", "soap", 0), ("nivea", "nivia", 1)]
)
def test_neighbours_that_were_swapped_are_one_edit(one: str, other: str, away: int) -> None:
    """The commonest slip of fingers."""
    assert edits(one, other) == edits(other, one) == away


def test_short_words_must_be_right() -> None:
    """What is too far away for its length is not meant."""
    options = [{"text": "soap", "freq": 50}, {"text": "soup", "freq": 9}]
    answer = {"suggest": {"spelling": [{"text": "saop", "options": options}]}}
    assert read_corrections(answer) == {"saop": ("soap",)}
    answer = {"suggest": {"spelling": [{"text": "tee", "options": [{"text": "tea", "freq": 9}]}]}}
    assert read_corrections(answer) == {}


def test_a_mended_word_brings_its_synonyms() -> None:
    """A misspelt ghee is a tuppa, too; a word that the book knows is not mended."""
    understood = understand("gheee tuppa", BOOK)
    corrections = {"gheee": ("ghee",), "tuppa": ("tupper",)}
    first, second = mend(understood, corrections, BOOK).slots
    assert {"gheee", "ghee", "tuppa"} <= set(forms(first))
    assert "tupper" not in forms(second)
    assert corrected_text(understood, corrections) == "ghee tuppa"
