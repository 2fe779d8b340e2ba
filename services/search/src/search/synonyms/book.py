"""The rules as a book in which a query's words are looked up. Pure."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final, Self
from uuid import UUID, uuid5

#: Longest phrase of a rule, and how many other ways to say it a query takes.
WORDS_MAX: Final = 4
FORMS_MAX: Final = 8
PHRASES_MAX: Final = 20
PHRASE_MAX: Final = 60

_NAMESPACE: Final = UUID("5d3c1c0a-6f0e-4b1c-9a57-6b6f0f6b6f21")

type Key = tuple[str, ...]


class BadRule(ValueError):
    """A rule that says nothing, or too much; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Phrases that mean the same; with `written`, those are understood as `phrases` as well."""

    phrases: tuple[str, ...]
    written: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """From `ghee, tuppa` or `learn => lessons`.

        Raises:
            BadRule: It can't be understood.
        """
        left, arrow, right = text.partition("=>")
        if arrow:
            return cls(_phrases(right, 1), _phrases(left, 1))
        return cls(_phrases(left, 2))

    def __str__(self) -> str:
        """As it is written."""
        left = ", ".join(self.written)
        right = ", ".join(self.phrases)
        return f"{left} => {right}" if left else right


def _phrases(text: str, least: int) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(" ".join(part.lower().split()) for part in text.split(",")))
    phrases = tuple(phrase for phrase in found if key_of(phrase))
    if len(phrases) < least:
        raise BadRule(f"write {least} or more phrases with commas between them")
    if len(phrases) > PHRASES_MAX:
        raise BadRule(f"{len(phrases)} phrases; {PHRASES_MAX} are the most")
    for phrase in phrases:
        if len(phrase) > PHRASE_MAX or len(key_of(phrase)) > WORDS_MAX:
            raise BadRule(f"{phrase!r} is too long: {WORDS_MAX} words, {PHRASE_MAX} letters")
    return phrases


def fold(word: str) -> str:
    """Lower case without accents."""
    parts = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def singular(word: str) -> str:
    """A plural as its singular, roughly: only to look words up."""
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004 - "pies" is no plural of "py"
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "oes")):  # noqa: PLR2004 - "shoes"
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004 - "gas"
        return word[:-1]
    return word


def key_of(phrase: str) -> Key:
    """By what a phrase is looked up: its words, folded, in the singular."""
    words = "".join(letter if letter.isalnum() else " " for letter in fold(phrase)).split()
    return tuple(map(singular, words))


@dataclass(frozen=True, slots=True)
class Book:
    """Other ways to say a phrase, by its key."""

    forms: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    longest: int = 1

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Self:
        """A book of rules; earlier rules are taken first where there are too many."""
        forms: dict[Key, dict[str, None]] = {}
        for rule in rules:
            for phrase in rule.written or rule.phrases:
                key = key_of(phrase)
                others = (other for other in rule.phrases if key_of(other) != key)
                forms.setdefault(key, {}).update(dict.fromkeys(others))
        kept = {key: tuple(found)[:FORMS_MAX] for key, found in forms.items()}
        return cls(kept, max(map(len, kept), default=1))

    def others(self, key: Key) -> tuple[str, ...]:
        """Other ways to say it; none for most."""
        return self.forms.get(key, ())


def id_of(rule: Rule) -> UUID:
    """A rule's id: the same for the same words, so that it can't be there twice."""
    return uuid5(_NAMESPACE, str(rule))


def read_shipped() -> list[Rule]:
    """The rules that come with the service."""
    text = files("search.synonyms").joinpath("shipped.txt").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return [Rule.read(line) for line in lines if line and not line.startswith("#")]
