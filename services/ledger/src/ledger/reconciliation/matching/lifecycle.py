"""Which strategy comes when, and what it matches on a page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from contracts.money import parse_amount
from ledger.reconciliation.matching.subsets import find_subset
from ledger.reconciliation.models import Candidate, Item, Setup, Side, Wanted
from ledger.reconciliation.rules import Rule

type PhaseKind = Literal["collect", "exact", "rule", "reference", "subset"]

OTHER: Final[dict[Side, Side]] = {"LINE": "ENTRY", "ENTRY": "LINE"}


@dataclass(frozen=True, slots=True)
class Phase:
    """A strategy, and the side whose items it goes through."""

    kind: PhaseKind
    name: str
    side: Side = "LINE"
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Items that are settled together; `one` is of the phase's side, the others of the other."""

    one: int
    others: tuple[int, ...]
    one_minor: int
    others_minor: int
    tolerance_minor: int = 0


def phases_of(setup: Setup) -> tuple[Phase, ...]:
    """The strategies in order, for a version of a setup.

    Sums by reference need no search; subsets are searched only where the setup allows days.
    """
    groups: list[Phase] = [
        Phase("reference", "one-to-many", "LINE"),
        Phase("reference", "many-to-one", "ENTRY"),
    ]
    if setup.group_days is not None:
        groups += [Phase("subset", "subset", "LINE"), Phase("subset", "subset", "ENTRY")]
    return (
        Phase("collect", "collect", "ENTRY"),
        Phase("exact", "exact"),
        *(Phase("rule", f"rule:{rule.name}", rule=rule) for rule in setup.rules),
        *groups,
    )


def wanted_of(phase: Phase, items: Sequence[Item], asset: str) -> list[Wanted]:
    """What the phase looks for, for each item that it can look for anything."""
    rule = phase.rule
    if rule is None:
        return [
            Wanted(item.number, item.reference, item.amount_minor, item.booked_on)
            for item in items
            if item.reference
        ]
    tolerance = parse_amount(rule.amount_tolerance, asset)
    found = []
    for item in items:
        key = None if rule.reference == "any" else rule.key_of(item.reference, item.details)
        if rule.reference == "any" or key:
            found.append(
                Wanted(item.number, key, item.amount_minor, item.booked_on, rule.days, tolerance)
            )
    return found


def pair(wanted: Sequence[Wanted], candidates: Sequence[Candidate]) -> tuple[list[Pair], bool]:
    """Give each item the nearest candidate that nobody before it took.

    Returns:
        The pairs, and whether somebody went without only because theirs were taken.
    """
    by_wanted = _by_wanted(candidates)
    taken: set[int] = set()
    pairs: list[Pair] = []
    starved = False
    for one in wanted:
        fitting = by_wanted.get(one.number, [])
        free = [c for c in fitting if c.number not in taken]
        if not free:
            starved = starved or bool(fitting)
            continue
        nearest = min(free, key=partial(_distance, one))
        taken.add(nearest.number)
        pairs.append(_pair(one, nearest))
    return pairs, starved


def pair_lonely(
    wanted: Sequence[Wanted], candidates: Sequence[Candidate], rivals: Mapping[int, int]
) -> list[Pair]:
    """Pair only where neither has another candidate: without a reference, anything else is a guess.

    Args:
        wanted: Items that are looked for without a reference.
        candidates: What fits them.
        rivals: How many open items fit each candidate.
    """
    by_wanted = _by_wanted(candidates)
    return [
        _pair(one, fitting[0])
        for one in wanted
        if len(fitting := by_wanted.get(one.number, [])) == 1 and rivals[fitting[0].number] == 1
    ]


def pair_subsets(items: Sequence[Item], candidates: Sequence[Candidate]) -> list[Pair]:
    """Settle items with the one subset of their candidates that makes their amount."""
    by_wanted = _by_wanted(candidates)
    taken: set[int] = set()
    pairs: list[Pair] = []
    for item in items:
        fitting = by_wanted.get(item.number, [])
        if any(c.number in taken for c in fitting):
            # What is left would be unique only because of what this very page took.
            continue
        places = find_subset(item.amount_minor, [c.amount_minor for c in fitting])
        if places is None:
            continue
        chosen = tuple(fitting[place].number for place in places)
        taken.update(chosen)
        pairs.append(Pair(item.number, chosen, item.amount_minor, item.amount_minor))
    return pairs


def _by_wanted(candidates: Sequence[Candidate]) -> dict[int, list[Candidate]]:
    found: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        found.setdefault(candidate.wanted, []).append(candidate)
    return found


def _distance(one: Wanted, candidate: Candidate) -> tuple[int, int, int]:
    return (
        abs(candidate.amount_minor - one.amount_minor),
        abs((candidate.booked_on - one.booked_on).days),
        candidate.number,
    )


def _pair(one: Wanted, other: Candidate) -> Pair:
    return Pair(
        one.number, (other.number,), one.amount_minor, other.amount_minor, one.tolerance_minor
    )
