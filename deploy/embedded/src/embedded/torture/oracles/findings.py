"""What an oracle found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was not kept.

    Attributes:
        oracle: Which promise: O1 to O7, `serial`, `answers` or `rest`.
        subject: What it is about.
        detail: How it was broken.
    """

    oracle: str
    subject: str
    detail: str


def limited(oracle: str, found: Iterable[tuple[str, str]]) -> list[Violation]:
    """The first findings, and how many more there are."""
    everything = [Violation(oracle, subject, detail) for subject, detail in found]
    hidden = len(everything) - SHOWN_MAX
    if hidden <= 0:
        return everything
    return [*everything[:SHOWN_MAX], Violation(oracle, "and more", f"{hidden} like these")]
