"""`localex simulate`: the real services on simulated storage, broker, clock and scheduler."""

import json
import re
import sys
import time
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from embedded.simulation.campaign import Tally
    from embedded.simulation.run import Outcome

_SEEDS: Final = re.compile(r"(\d+)(?:\.\.(\d+))?")
CAUGHT_WITHIN: Final = 2000


def register(app: App) -> None:
    """Add the command."""
    app.command(simulate)


def simulate(
    *,
    seeds: str = "1..1000",
    only: Annotated[tuple[int, ...], Parameter(consume_multiple=True, negative=())] = (),
    bug: str | None = None,
    bugs: Annotated[bool, Parameter(negative=())] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Play seeds and check the books, messages and answers. Exit code 1 when a rule is broken.

    Args:
        seeds: Such as 1..1000, or one, which then tells its steps and their outcome.
        only: With one seed: only these of its steps.
        bug: With one seed: with a planted bug, by its name in the table of `--bugs`.
        bugs: Instead: how many seeds it takes until each planted bug is caught, as a table.
        as_json: For programs.
    """
    found = _SEEDS.fullmatch(seeds)
    if found is None:
        raise LookupError(f"{seeds!r} names no seeds: say A..B, or one")
    first, last = int(found[1]), int(found[2] or found[1])
    if first > last:
        raise LookupError(f"{seeds!r} names no seeds: {first} is more than {last}")
    if bugs:
        sys.exit(_table(as_json=as_json))
    if first == last:
        sys.exit(_play_one(first, only, bug, as_json=as_json))
    if only or bug:
        raise LookupError("--only and --bug go with one seed")
    sys.exit(_play_many(first, last, as_json=as_json))


def _play_many(first: int, last: int, *, as_json: bool) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from embedded.simulation.campaign import Tally, play_seeds

    started = time.monotonic()
    tally = Tally()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("seeds", total=last - first + 1)
        for portion in play_seeds(first, last):
            tally.add(portion)
            progress.update(task, completed=tally.seeds)
    seconds = time.monotonic() - started
    if as_json:
        print(json.dumps(_document(tally, seconds), indent=1))
    else:
        counts = ", ".join(f"{count:,} {name}" for name, count in sorted(tally.counts.items()))
        print(f"{tally.seeds:,} seeds in {seconds:.0f} s: {counts}")
        for seed, violations in sorted(tally.failed.items())[:10]:
            print(f"seed {seed} breaks {len(violations)} rules: {violations[0]}")
            print(f"  replay: localex simulate --seeds {seed}")
        print("all rules hold" if not tally.failed else f"{len(tally.failed)} SEEDS BREAK A RULE")
    return 1 if tally.failed else 0


def _document(tally: "Tally", seconds: float) -> dict[str, object]:
    return {
        "seeds": tally.seeds,
        "seconds": round(seconds, 2),
        "counts": dict(sorted(tally.counts.items())),
        "failed": {str(seed): violations for seed, violations in tally.failed.items()},
    }


def _play_one(seed: int, only: tuple[int, ...], bug: str | None, *, as_json: bool) -> int:
    from embedded.simulation.bugs import BUGS
    from embedded.simulation.campaign import play_one

    if bug is not None and bug not in BUGS:
        raise LookupError(f"there is no bug {bug!r}: {', '.join(BUGS)}")
    outcome = play_one(seed, frozenset(only) or None, bug)
    if as_json:
        document = {
            "seed": seed,
            "steps": [str(step) for step in outcome.plan.steps],
            "counts": dict(sorted(outcome.counts.items())),
            "digest": outcome.digest,
            "violations": outcome.violations,
        }
        print(json.dumps(document, indent=1))
    else:
        _tell(outcome)
        if outcome.violations and not only:
            _tell_shortest(outcome, bug)
    return 1 if outcome.violations else 0


def _tell(outcome: "Outcome") -> None:
    plan = outcome.plan
    print(f"seed {plan.seed}: {plan.people} people with {plan.wealth_minor} each, {plan.pieces}")
    print(f"pieces, {plan.processes[0]} ledger and {plan.processes[1]} marketplace processes")
    for step in plan.steps:
        print(f"  {step}")
    for violation in outcome.violations:
        print(violation)
    state = "A RULE IS BROKEN" if outcome.violations else "all rules hold"
    print(f"{state} after {outcome.seconds:.2f} virtual seconds, digest {outcome.digest}")


def _tell_shortest(outcome: "Outcome", bug: str | None) -> None:
    from contextlib import nullcontext

    from embedded.simulation.bugs import BUGS
    from embedded.simulation.shrink import shrink

    with BUGS[bug].plant() if bug else nullcontext():
        short = shrink(outcome.plan)
    numbers = " ".join(str(step.number) for step in short.steps)
    print(f"\nThe shortest schedule found that breaks the same rule, {len(short.steps)} steps:")
    for step in short.steps:
        print(f"  {step}")
    planted = f" --bug {bug}" if bug else ""
    print(f"replay: localex simulate --seeds {short.seed}{planted} --only {numbers}")


def _table(*, as_json: bool) -> int:
    from embedded.simulation.bugs import BUGS
    from embedded.simulation.campaign import seeds_until_caught

    rows = []
    for name, bug in BUGS.items():
        outcome = seeds_until_caught(name, seeds_max=CAUGHT_WITHIN)
        rule = outcome.violations[0].partition(":")[0] if outcome else ""
        rows.append((name, bug.says, outcome.plan.seed if outcome else None, rule))
    if as_json:
        names = ("bug", "says", "seeds", "rule")
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=1))
    else:
        print("| bug | what it does | seeds until caught | by |\n| --- | --- | --- | --- |")
        for name, says, seed, rule in rows:
            print(f"| {name} | {says} | {seed or 'NOT CAUGHT'} | {rule} |")
    return 0 if all(row[2] for row in rows) else 1
