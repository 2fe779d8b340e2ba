"""What the documents tell of kept runs of `localex torture` is what those runs say."""

import json
import re
from typing import Any, Final

from tests.tidy import tree

RUNS: Final = ("docs/data/torture-ci.json", "docs/data/torture-hour.json")
#: What a page tells of a run, wherever it begins with the run's seed.
TOLD: Final = re.compile(
    r"--seed (?P<seed>\d+).*?(?P<counts>(?: *[\d,]+ (?:transfers|kills|faults of the network)"
    r"(?: of \d+ kinds)?,?){3}).*?(?P<violations>\d+|no) violations?"
)
COUNT: Final = re.compile(r"([\d,]+) (transfers|kills|faults of the network)")


def counts_of(run: dict[str, Any]) -> dict[str, int]:
    """What is told of a run."""
    return {
        "transfers": run["ledger"]["transfers"],
        "kills": run["faults"]["kill"],
        "faults of the network": run["faults"]["net"],
        "violations": len(run["violations"]),
    }


def told_in(text: str) -> dict[int, dict[str, int]]:
    """What a page tells, by seed."""
    told = {}
    for one in TOLD.finditer(text):
        counts = {name: int(n.replace(",", "")) for n, name in COUNT.findall(one["counts"])}
        counts["violations"] = 0 if one["violations"] == "no" else int(one["violations"])
        told[int(one["seed"])] = counts
    return told


def test_the_pages_tell_what_the_runs_say() -> None:
    """Transfers, kills, faults and violations of each kept run, in the README and in the guide."""
    runs = [json.loads(tree.text_of(name)) for name in RUNS]
    kept = {run["seed"]: counts_of(run) for run in runs}
    assert told_in(tree.text_of("README.md")) == kept
    assert told_in(tree.text_of("docs/operations/torture.md")) == kept


def test_a_figure_that_differs_is_found() -> None:
    """The words around it are read, too."""
    line = "--seed 4 --minutes 2: 1,000 transfers, 3 kills, 20 faults of the network: 1 violation"
    found = {"transfers": 1000, "kills": 3, "faults of the network": 20, "violations": 1}
    assert told_in(line) == {4: found}
