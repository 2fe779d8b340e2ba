"""`python -m bench.system`, which is what `localex bench system` runs."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

import bench.system
from bench.system.aims import judge
from bench.system.measure import measure
from bench.system.tables import ROOT, result_file, write_tables
from embedded.provenance import commit, machine

CATALOGUE: Final = ROOT.parent / "shared" / "data" / "groceries.csv"


def tell(line: str) -> None:
    """A line for who waits."""
    print(line, file=sys.stderr, flush=True)


def read_words() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="localex bench system", description=bench.system.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--cold", action="store_true", help="start with an empty cache, too")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE, help="CSV to import")
    parser.add_argument("--items", type=int, default=60, help="listed and searched for")
    parser.add_argument("--trades", type=int, default=60, help="accepted and funded")
    parser.add_argument("--seconds", type=float, default=60, help="of much writing; 0 for none")
    parser.add_argument("--out", type=Path, help="write the JSON to this file")
    chosen = parser.parse_args()
    chosen.catalogue = chosen.catalogue.absolute()
    if not chosen.catalogue.is_file():
        parser.error(f"{chosen.catalogue} is no file: name one to import with --catalogue")
    return chosen


def _end(_number: int, _frame: Any) -> NoReturn:
    """What was started is stopped, however this ends."""
    sys.exit(130)


def main() -> None:
    """Measure, judge, write. Exit code 1 when an aim is not held."""
    chosen = read_words()
    signal.signal(signal.SIGTERM, _end)
    origin = {"commit": commit(), "machine": machine()}
    figures = measure(chosen, tell)
    aims = judge(figures)
    found = {"bench": "system", **origin, **figures, "aims": [aim.row() for aim in aims]}
    text = json.dumps(found, indent=1) + "\n"
    print(text, end="")
    if chosen.out is not None:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(text)
        if chosen.out.resolve() == result_file():
            write_tables(found)
    for aim in aims:
        row = aim.row()
        verdict = "held" if aim.held else "NOT HELD"
        tell(f"{aim.name:<50} {aim.found!s:>10} wanted {row['wanted']:<10} {verdict}")
    sys.exit(0 if all(aim.held for aim in aims) else 1)


if __name__ == "__main__":
    main()
