"""The simulation holds for thousands of seeds, replays exactly, and catches every planted bug."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from embedded.simulation.bugs import BUGS
from embedded.simulation.campaign import Tally, play_one, play_seeds, seeds_until_caught
from embedded.simulation.loop import VirtualLoop
from embedded.simulation.plan import make_plan
from embedded.simulation.run import play
from embedded.simulation.session import STATEMENTS
from embedded.simulation.shrink import shrink
from ledger.journal import queries
from tests.tidy.tree import text_of

SEEDS = 10_000
CAUGHT_WITHIN = 300
TABLE = re.compile(r"^\| ([a-z-]+) \| (.*) \| (\d+) \| (O\d|S) \|$", re.MULTILINE)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_seeds_break_no_rule() -> None:
    """Whatever a seed does to processes, database and broker: O1 to O6 and serializability."""
    tally = Tally()
    for portion in play_seeds(1, SEEDS):
        tally.add(portion)
    assert tally.failed == {}
    assert tally.seeds == SEEDS
    # That nothing broke says something only because much happened.
    assert tally.counts["faults"] > 3 * SEEDS
    assert tally.counts["done"] > 4 * SEEDS
    assert tally.counts["tries"] > tally.counts["done"] + tally.counts["refused"]


def test_a_seed_replays_exactly() -> None:
    """In another process, in any order, with other hashes: the same answers, rows and messages."""
    code = (
        "from embedded.simulation.campaign import play_one\n"
        "seeds = reversed(range(80, 130)) if {} else range(80, 130)\n"
        "print(*sorted((seed, play_one(seed).digest) for seed in seeds), sep=';')"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code.format(backwards)],
            env={**os.environ, "PYTHONHASHSEED": str(backwards)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for backwards in (0, 1)
    }
    assert len(digests) == 1
    played = [(seed, play_one(seed).digest) for seed in range(80, 130)]
    assert digests.pop().strip() == ";".join(map(str, played))


def _rows_in_docs() -> dict[str, tuple[str, int, str]]:
    """Each bug with what it does, the seeds until it is caught, and the rule that catches it."""
    table = TABLE.findall(text_of("docs/operations/fault-tests.md"))
    assert len(table) == len(BUGS)
    return {name: (says, int(seeds), rule) for name, says, seeds, rule in table}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught_as_the_docs_say(bug: str) -> None:
    """A harness that finds nothing must show that it would; `localex simulate --bugs` tells all."""
    outcome = seeds_until_caught(bug, seeds_max=CAUGHT_WITHIN)
    assert outcome is not None
    rule = outcome.violations[0].partition(":")[0]
    assert (BUGS[bug].says, outcome.plan.seed, rule) == _rows_in_docs()[bug]
    # Without the bug the same seed holds: it was the bug that was found.
    assert play_one(outcome.plan.seed).violations == []


def test_the_table_of_bugs_is_in_the_docs() -> None:
    """Every bug has a row, and no row is of a bug that is none."""
    assert set(_rows_in_docs()) == set(BUGS)


def test_a_failing_plan_is_made_short() -> None:
    """What is left breaks the same rule, and nothing of it can be left out."""
    with BUGS["published-before-commit"].plant():
        failing = next(plan for plan in map(make_plan, range(1, 50)) if play(plan).violations)
        short = shrink(failing)
        rule = play(short).violations[0].partition(":")[0]
        assert rule == play(failing).violations[0].partition(":")[0]
        numbers = {step.number for step in short.steps}
        assert len(numbers) < len(failing.steps)
        assert not any(play(short.only(frozenset(numbers - {one}))).violations for one in numbers)


@pytest.fixture
def _untaught() -> Iterator[None]:
    """A statement that nobody taught the stores."""
    taught = STATEMENTS.pop(queries.LOCK_ACCOUNTS)
    yield
    STATEMENTS[queries.LOCK_ACCOUNTS] = taught


@pytest.mark.usefixtures("_untaught")
def test_a_statement_that_is_unknown_is_told_at_once() -> None:
    """A service that learns a new statement must teach it: silence would hide what it does."""
    told = [text for seed in range(1, 20) for text in play_one(seed).violations]
    assert any("teach embedded.simulation.statements" in text for text in told)


def test_time_passes_only_when_everything_waits() -> None:
    """A day of sleeping takes no time, and who sleeps longer wakes later."""
    import asyncio

    woken = []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((seconds, asyncio.get_running_loop().time()))

    async def day() -> None:
        await asyncio.gather(sleep(86_400), sleep(1), sleep(3600))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(day())
    assert woken == [(1, 1), (3600, 3600), (86_400, 86_400)]


def test_the_command_tells_how_to_replay() -> None:
    """The shortest schedule is printed with the command that plays it again."""
    _, seed, _ = _rows_in_docs()["published-before-commit"]
    command = [sys.executable, "-m", "embedded.cli", "simulate", "--seeds", str(seed)]
    planted = [*command, "--bug", "published-before-commit"]
    told = subprocess.run(planted, check=False, capture_output=True, text=True)
    assert told.returncode == 1
    replay = re.search(r"^replay: localex (simulate .*)$", told.stdout, re.MULTILINE)
    assert replay
    again = [sys.executable, "-m", "embedded.cli", *replay.group(1).split(), "--json"]
    replayed = subprocess.run(again, check=False, capture_output=True, text=True)
    assert replayed.returncode == 1
    assert json.loads(replayed.stdout)["violations"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
