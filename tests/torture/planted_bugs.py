"""How long the torture takes to catch a bug planted in running services; one bug, or all.

`python -m tests.torture.planted_bugs [BUG ...]` prints rows of the table in
docs/operations/torture.md: each bug is given a stack and some seconds of load, then twice as many
on another stack, until it is caught.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import pytest

from embedded.parts.service import PLANTED_BUG
from embedded.planted import RUNNING
from embedded.torture import run
from embedded.torture.oracles.findings import Violation
from embedded.torture.plan import Fault, Plan, draw_plan
from embedded.torture.report import Report

LOADS: Final = (10.0, 20.0, 40.0, 80.0, 160.0)
SEED: Final = 5
PEOPLE: Final = 8
#: What is lost is never heard of again: nothing is gained by waiting for it.
REST_SECONDS: Final = 15.0
#: What brings each bug to light, and how often: nothing else is broken.
FAULTS: Final = {
    "inbox-check-skipped": [Fault(1.0, "messages", "", "copies", 2.0)],
    "published-before-commit": [],
    "offset-first": [Fault(1.5, "kill", name, "SIGKILL") for name in ("ledger", "marketplace")],
}


@dataclass(frozen=True, slots=True)
class Caught:
    """What a run with a bug came to.

    Attributes:
        load_seconds: How long people traded.
        seconds: How long all took, from the start of the stack to its end.
        found: What the oracles said. That something still waits says too little to count.
    """

    load_seconds: float
    seconds: float
    found: list[Violation]


def plan_for(bug: str, seconds: float) -> Plan:
    """A small world and the faults of a bug, one after the other, until the load ends."""
    drawn = draw_plan(SEED, seconds, [], people=PEOPLE)
    mix = {"transfer": 4, "overdraft": 2, "trade": 6, "reservation": 2, "issue": 1, "import": 1}
    world = replace(drawn.world, weights=mix, bulk_max=20, bulk_workers=1, workers=12)
    faults: list[Fault] = []
    at = 1.0
    while FAULTS[bug] and at < seconds - 1:
        one = FAULTS[bug][len(faults) % len(FAULTS[bug])]
        faults.append(replace(one, at_seconds=at))
        at += one.at_seconds
    return replace(drawn, world=world, faults=tuple(faults))


@contextmanager
def _planted(bug: str | None) -> Iterator[None]:
    """The stacks that start meanwhile have the bug, and rest only for a short time."""
    with pytest.MonkeyPatch.context() as change:
        change.setattr(run, "REST_SECONDS", REST_SECONDS)
        if bug:
            change.setenv(PLANTED_BUG, bug)
        yield


async def run_with(bug: str, seconds: float, *, planted: bool = True) -> Caught:
    """One run of so many seconds of load, with the bug or, to compare, without it."""
    plan = plan_for(bug, seconds)
    began = time.monotonic()
    with _planted(bug if planted else None):
        report = await run.torture(
            plan, Report(plan, f"python -m tests.torture.planted_bugs {bug}")
        )
    found = [one for one in report.violations if one.oracle not in ("rest", "answers")]
    return Caught(seconds, time.monotonic() - began, found)


async def _main(bugs: list[str]) -> None:
    for bug in bugs or RUNNING:
        for seconds in LOADS:
            caught = await run_with(bug, seconds)
            if caught.found:
                break
        first = caught.found[0] if caught.found else None
        by = f"{first.oracle}: {first.subject}: {first.detail}" if first else "nothing"
        row = f"| {bug} | {caught.load_seconds:g} | {caught.seconds:.0f} | {by} |\n"
        sys.stdout.write(row)
        sys.stdout.flush()


if __name__ == "__main__":
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    asyncio.run(_main(sys.argv[1:]))
