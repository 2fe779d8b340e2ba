"""Words that nobody's listing has, and what may be meant. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from search.finding.understand import Form, Slot, Understood, edits, edits_allowed
from search.synonyms.book import Book, key_of

#: How many ways to mend a word are tried.
MENDED_MAX: Final = 3
_MENDED: Final = 0.9
_LESS: Final = 0.75
#: A much more frequent word is meant, though it may be one letter further away.
_COMMON: Final = 20

type Corrections = Mapping[str, tuple[str, ...]]


def spelling_request(text: str) -> dict[str, Any]:
    """Asks the engine for words like those that no document has, or hardly any."""
    term = {
        "field": "spelling",
        "suggest_mode": "popular",
        "max_term_freq": 3,
        "min_word_length": 4,
        "prefix_length": 0,
        "max_edits": 2,
        "size": 8,
        "sort": "score",
    }
    return {"spelling": {"text": text, "term": term}}


def read_corrections(answer: Mapping[str, Any]) -> Corrections:
    """For each word that may be misspelt, what may be meant, the likeliest first."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in answer.get("suggest", {}).get("spelling", ()):
        word = entry["text"]
        likely = _likely(word, entry["options"])
        if likely:
            found[word] = tuple(likely[:MENDED_MAX])
    return found


def _likely(word: str, options: Sequence[Mapping[str, Any]]) -> list[str]:
    ranked = []
    for option in options:
        other, frequency = option["text"], option["freq"]
        away = edits(word, other)
        if away > edits_allowed(word) or any(letter.isdigit() for letter in other):
            continue
        first = word[0] != other[0]
        rare = frequency < _COMMON
        ranked.append((away + first + rare, -frequency, other))
    return [other for _, _, other in sorted(ranked)]


def mend(understood: Understood, corrections: Corrections, book: Book) -> Understood:
    """The query with what may be meant beside each misspelt word, with its synonyms."""
    slots = []
    for slot in understood.slots:
        forms = [*slot.forms]
        weight = _MENDED
        for mended in _meant(slot, corrections):
            forms.append(Form(mended, weight))
            forms += [Form(other, weight * _LESS) for other in book.others(key_of(mended))]
            weight *= _LESS
        slots.append(replace(slot, forms=tuple(forms)))
    return replace(understood, slots=tuple(slots))


def _meant(slot: Slot, corrections: Corrections) -> tuple[str, ...]:
    """What may be meant by a word, unless the book knows it: then it is a word."""
    known = any(not form.joined for form in slot.forms[1:])
    return () if known else corrections.get(slot.text, ())


def likeliest(slot: Slot, corrections: Corrections) -> str:
    """A word as it may be meant, or as it was written."""
    return (_meant(slot, corrections) or (slot.text,))[0]


def corrected_text(understood: Understood, corrections: Corrections) -> str | None:
    """The query as it may have been meant; None when no word was mended."""
    text = " ".join(likeliest(slot, corrections) for slot in understood.slots)
    return text if text != understood.text else None
