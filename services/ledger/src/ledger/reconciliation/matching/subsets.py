"""Which of a few amounts make a sum. Pure, and bounded: some sums are left to people."""

from collections.abc import Sequence
from typing import Final

CANDIDATES_MAX: Final = 12
PARTS_MAX: Final = 6


def find_subset(target_minor: int, amounts: Sequence[int]) -> tuple[int, ...] | None:
    """Places of the one subset of two to six amounts that makes the target.

    Nothing when there is none, when there are two, or when there are more than twelve amounts: a
    choice among several is a guess, and the more amounts, the more sums are made by accident.

    Args:
        target_minor: The sum, not zero.
        amounts: Of one sign with the target.
    """
    if len(amounts) > CANDIDATES_MAX:
        return None
    target = abs(target_minor)
    order = sorted(range(len(amounts)), key=lambda place: -abs(amounts[place]))
    sizes = [abs(amounts[place]) for place in order]
    rest = [sum(sizes[place:]) for place in range(len(sizes) + 1)]
    found: list[tuple[int, ...]] = []

    def search(place: int, missing: int, chosen: tuple[int, ...]) -> None:
        if missing == 0:
            if len(chosen) > 1:
                found.append(chosen)
            return
        if place == len(sizes) or missing > rest[place] or len(chosen) == PARTS_MAX:
            return
        if len(found) > 1:
            return
        if sizes[place] <= missing:
            search(place + 1, missing - sizes[place], (*chosen, order[place]))
        search(place + 1, missing, chosen)

    search(0, target, ())
    return tuple(sorted(found[0])) if len(found) == 1 else None
