"""Many seeds, over all cores; and how many it takes until a planted bug is caught."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final

from embedded.simulation.bugs import BUGS
from embedded.simulation.plan import make_plan
from embedded.simulation.run import Outcome, play

#: Seeds that a worker plays before it tells of them.
PORTION: Final = 100


@dataclass
class Tally:
    """What came of several seeds."""

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[int, list[str]] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Count others too."""
        self.seeds += other.seeds
        self.counts += other.counts
        self.failed |= other.failed


def play_seeds(first: int, last: int) -> Iterator[Tally]:
    """Play seeds on every core; portions come in order."""
    portions = [(at, min(at + PORTION - 1, last)) for at in range(first, last + 1, PORTION)]
    workers = min(os.cpu_count() or 1, len(portions))
    if workers == 1:
        yield from (play_portion(*portion) for portion in portions)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(play_portion, *zip(*portions, strict=True))


def play_portion(first: int, last: int) -> Tally:
    """Play some seeds, one after the other."""
    tally = Tally()
    gc.disable()
    try:
        for seed in range(first, last + 1):
            outcome = play(make_plan(seed))
            tally.seeds += 1
            tally.counts += outcome.counts
            if outcome.violations:
                tally.failed[seed] = outcome.violations
    finally:
        gc.enable()
        gc.collect()
    return tally


def play_one(seed: int, only: frozenset[int] | None = None, bug: str | None = None) -> Outcome:
    """Play one seed, or some of its steps, with a planted bug if one is named."""
    plan = make_plan(seed)
    with BUGS[bug].plant() if bug else nullcontext():
        return play(plan.only(only) if only else plan)


def seeds_until_caught(bug: str, *, seeds_max: int) -> Outcome | None:
    """The outcome of the first seed, counted from 1, in which a planted bug shows."""
    for seed in range(1, seeds_max + 1):
        outcome = play_one(seed, bug=bug)
        if outcome.violations:
            return outcome
    return None
