"""From what a person wrote to what they look for. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from search.indexing.words import (
    FILLERS,
    LARGER,
    OPENERS,
    SIZE,
    SMALLER,
    STOP_WORDS,
    UNIT_OF,
    UNITS,
    join_sizes,
)
from search.synonyms.book import Book, fold, key_of

WORDS_MAX: Final = 12
#: A sentence has at least so many words.
SENTENCE_MIN: Final = 3
_SYNONYM: Final = 0.85
_JOINED: Final = 0.8
_JOINED_MIN: Final = 6


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say something, and how much it counts beside the way it was written."""

    text: str
    weight: float = 1.0
    #: Only as neighbours that were joined to one word, or a word that was taken apart.
    joined: bool = False

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Slot:
    """A thing that is looked for, in all its forms; `text` is as it was written."""

    forms: tuple[Form, ...]
    text: str
    #: A size helps to choose, but what has none is no worse a find.
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """What a query looks for."""

    slots: tuple[Slot, ...] = ()
    #: Whether it is a sentence: then not every word has to be there.
    sentence: bool = False

    @property
    def text(self) -> str:
        """The words that tell something."""
        return " ".join(slot.text for slot in self.slots)


def understand(text: str, book: Book) -> Understood:
    """Words, sizes and phrases with their synonyms, the first few; what tells nothing left out.

    Args:
        text: As a person wrote it.
        book: Synonyms.
    """
    words = list(_words(join_sizes(text)))
    sentence = _is_sentence(words)
    telling = _telling(words, sentence=sentence)[:WORDS_MAX]
    slots = list(_slots(telling, book))
    if slots and all(slot.optional for slot in slots):
        slots = [Slot(slot.forms, slot.text) for slot in slots]
    return Understood(tuple(slots), sentence)


def _words(text: str) -> Iterator[str]:
    """Runs of letters, marks and digits; a point or comma inside a number belongs to it."""
    for piece in text.split():
        run = ""
        for place, letter in enumerate(piece):
            inside = place + 1 < len(piece) and run[-1:].isdigit() and piece[place + 1].isdigit()
            if _is_word(letter) or (letter in ".," and inside) or (letter in "'\u2019" and run):
                run += letter
            else:
                yield from _whole(run)
                run = ""
        yield from _whole(run)


def _is_word(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def _whole(run: str) -> Iterator[str]:
    run = run.strip("'\u2019").lower()
    if any(letter.isalnum() for letter in run):
        yield run


def _is_sentence(words: Sequence[str]) -> bool:
    return len(words) >= SENTENCE_MIN and (
        words[0] in OPENERS
        or words[0] in ("i", "i'm")
        or words[-1] == "please"
        or words[0] == "best"
    )


def _telling(words: list[str], *, sentence: bool) -> list[str]:
    without = [word for word in words if fold(word) not in STOP_WORDS]
    if sentence:
        told = [word for word in without if word not in FILLERS]
        without = told or without
    return without or words


def _slots(words: Sequence[str], book: Book) -> Iterator[Slot]:
    place = 0
    while place < len(words):
        length = _longest(words[place:], book)
        phrase = " ".join(words[place : place + length])
        if size := SIZE.fullmatch(phrase):
            forms = (*_sizes(size[1].replace(",", "."), size[2]),)
            yield Slot(forms, phrase, optional=True)
        else:
            others = [Form(other, _SYNONYM) for other in book.others(key_of(phrase))]
            joined = _neighbours(words, place, length)
            yield Slot((Form(phrase), *others, *joined), phrase)
        place += length


def _longest(words: Sequence[str], book: Book) -> int:
    """How many of the next words are one phrase of the book; one if none is."""
    for length in range(min(book.longest, len(words)), 1, -1):
        if book.others(key_of(" ".join(words[:length]))):
            return length
    return 1


def _neighbours(words: Sequence[str], place: int, length: int) -> Iterator[Form]:
    """The word joined with the one before and the one behind: "tooth paste" is "toothpaste"."""
    if length > 1:
        yield Form("".join(words[place : place + length]), _JOINED, joined=True)
        return
    for first in (place - 1, place):
        pair = words[max(first, 0) : first + 2]
        together = "".join(pair)
        if len(pair) == 2 and len(together) >= _JOINED_MIN and together.isalpha():  # noqa: PLR2004 - a pair
            yield Form(together, _JOINED, joined=True)


def _sizes(number: str, written: str) -> Iterator[Form]:
    """A size in every way to write it, and in the unit above and below: 1kg is 1000 grams."""
    unit = UNIT_OF[written]
    same = [(float(number), unit)]
    if unit in SMALLER:
        small, many = SMALLER[unit]
        same.append((float(number) * many, small))
    if unit in LARGER:
        large, many = LARGER[unit]
        same.append((float(number) / many, large))
    yield Form(" ".join(f"{_plain(much)}{way}" for much, one in same for way in UNITS[one]))


def _plain(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def edits(one: str, other: str) -> int:
    """How many letters were added, left out, changed or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i, *([0] * len(other))]
        for j, theirs in enumerate(other, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != theirs))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


def edits_allowed(word: str) -> int:
    """How many letters of a word may be wrong: none of three, one of five, then two."""
    return 0 if len(word) < 4 else 1 if len(word) < 6 else 2  # noqa: PLR2004 - the rule itself
