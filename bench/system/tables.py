"""The tables of the documents, written from `bench/results/system.json`.

Each stands between two marks, `<!-- system: NAME -->` and `<!-- system: end -->`; a test fails when
it is not what the result says. `python -m bench.system.tables` writes them.
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

type Figures = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parents[2]
_MARKED: Final = re.compile(
    r"(?<=<!-- system: )(?P<name>[a-z]+)( -->\n\n)(?P<table>.*?)(\n\n<!-- system: end -->)",
    re.DOTALL,
)
#: Page -> its tables.
PAGES: Final = {
    "docs/operations/embedded-stack.md": ("start", "memory"),
    "docs/performance.md": ("latency", "import"),
    "README.md": ("words",),
}


def result_file() -> Path:
    """The result that is kept."""
    return ROOT / "bench" / "results" / "system.json"


def read_result() -> Figures:
    """The figures that the documents tell."""
    found: Figures = json.loads(result_file().read_text(encoding="utf-8"))
    return found


def write_tables(found: Figures) -> None:
    """Write every table into its page."""
    for page in PAGES:
        path = ROOT / page
        path.write_text(renewed(path.read_text(encoding="utf-8"), found), encoding="utf-8")


def renewed(text: str, found: Figures) -> str:
    """A page with its tables as the result has them."""

    def table(marked: re.Match[str]) -> str:
        rendered = TABLES[marked["name"]](found)
        return f"{marked['name']}{marked[2]}{rendered}{marked[4]}"

    return _MARKED.sub(table, text)


def tables_of(text: str) -> list[str]:
    """The names of a page's tables, in order."""
    return [marked["name"] for marked in _MARKED.finditer(text)]


def _table(head: Sequence[str], *rows: Sequence[str]) -> str:
    lines = [
        "|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in (head, *rows)
    ]
    return "\n".join((lines[0], "|" + " --- |" * len(head), *lines[1:]))


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"


def _milliseconds(value: float) -> str:
    return f"{value:,.0f} ms"


def _origin(found: Figures, *steps: str) -> str:
    loads = [found["load_average"][step] for step in steps]
    load = f"{min(loads):.0f} to {max(loads):.0f}" if min(loads) < max(loads) else f"{loads[0]:.0f}"
    cores = found["machine"]["cores"]
    return f"Commit {found['commit']}, {cores} cores, load average {load}."


def _aim(found: Figures, name: str) -> str:
    """What is wanted, and whether it is so."""
    aim = next(one for one in found["aims"] if one["name"] == name)
    return f"{aim['wanted']}: {'held' if aim['held'] else 'NOT HELD'}"


def _tell_start(found: Figures) -> str:
    start = found["start"]
    full, lite = (found["memory"][profile] for profile in ("full", "lite"))

    def memory(used: Figures) -> str:
        return f"{used['total_mib']:,} MiB ({used['total_bytes'] / 1e9:.2f} GB)"

    rows: list[tuple[str, str, str, str]] = [("", "full", "lite", "aim")]
    if "cold_s" in start:
        rows += [
            (
                "cold start: empty cache, empty data, 282 MB fetched",
                _seconds(start["cold_s"]),
                "",
                "",
            ),
            ("the `down` after it", _seconds(start["very_first_down_s"]), "", ""),
        ]
    first_trade = _aim(found, "warm start to the first trade funded")
    aims = " / ".join(_aim(found, f"memory, {profile} profile") for profile in ("full", "lite"))
    rows += [
        (
            "first start of a data folder",
            _seconds(start["first_s"]),
            _seconds(start["lite_first_s"]),
            "",
        ),
        ("warm start: everything ready", _seconds(start["warm_ready_s"]), "", ""),
        (
            "warm start: first trade funded, through the gateway",
            _seconds(start["warm_first_trade_s"]),
            "",
            first_trade,
        ),
        ("`up` while up", _seconds(start["second_up_s"]), "", ""),
        ("`down`", _seconds(start["down_s"]), _seconds(start["lite_down_s"]), ""),
        ("memory in all", memory(full), memory(lite), aims),
    ]
    steps = (step for step in found["load_average"] if "start" in step or "trade" in step)
    return f"{_origin(found, *steps)}\n\n{_table(*rows)}"


def _tell_memory(found: Figures) -> str:
    full, lite = (found["memory"][profile]["parts_mib"] for profile in ("full", "lite"))
    alone = found["start"]["ready_alone_s"]
    rows = [
        (
            name,
            f"{used} MiB",
            f"{lite[name]} MiB" if name in lite else "",
            _seconds(alone.get(name)),
        )
        for name, used in full.items()
    ]
    return _table(("part", "full", "lite", "ready after its own start"), *rows)


def _tell_latency(found: Figures) -> str:
    rows: list[tuple[str, ...]] = [("what", "p50", "p95", "p99", "max")]
    shown = [
        ("item listed -> found by search", found["latency"]["listed_to_found_ms"]),
        (
            "accepted -> escrow funded (marketplace -> Kafka -> ledger -> Kafka -> marketplace)",
            found["latency"]["accepted_to_funded_ms"],
        ),
    ]
    verdict = f"\n\nListed to found, p99: {_aim(found, 'listed to found, p99')}."
    if beside := found["beside_writes"]:
        rate = f"{beside['writes_a_second']:.0f} listings a second of somebody else"
        shown.append((f"item listed -> found, beside {rate}", beside["listed_to_found_ms"]))
        aim = _aim(found, "listed to found beside 100 writes a second, p99")
        verdict += f" Beside writes, p99: {aim}."
    rows += [
        (what, *(_milliseconds(took[q]) for q in ("p50", "p95", "p99", "max")))
        for what, took in shown
    ]
    steps = [step for step in found["load_average"] if step.startswith("found")]
    return f"{_origin(found, *steps)}\n\n{_table(*rows)}{verdict}"


def _tell_import(found: Figures) -> str:
    imported = found["import"]
    first, second = imported["first"], imported["second"]
    rows = [
        ("", "first run", "second run", "aim"),
        (
            "the whole command",
            _seconds(first["command_s"]),
            _seconds(second["command_s"]),
            _aim(found, "import: the whole command"),
        ),
        ("of it until the last row was stored", *map(_seconds, _each("stored_s", imported)), ""),
        (
            "all found by search after the last row",
            _seconds(first["found_after_last_row_s"]),
            "",
            _aim(found, "import: all found after the last row"),
        ),
        ("rows created / updated / unchanged", _counts(first), _counts(second), ""),
        (
            "good rows that search does not find",
            f"{first['rows'] - first['refused'] - (imported['found'] or 0):,}",
            "",
            _aim(found, "import: good rows that search does not find"),
        ),
        (
            "rows refused / of them explained / cleaned",
            f"{first['refused']} / {imported['explained']} / {first['cleaned']}",
            "",
            _aim(found, "import: refused rows without an explanation"),
        ),
        (
            "rows that the second run changed",
            "",
            f"{second['created'] + second['updated']}",
            _aim(found, "second import: rows changed"),
        ),
    ]
    return f"{_origin(found, 'first import', 'second import')}\n\n{_table(*rows)}"


def _say_import(found: Figures) -> str:
    """What the first run of the command has told, as it tells it."""
    first = found["import"]["first"]
    return (
        f"    {first['rows']} rows in {_seconds(first['stored_s'])}: {first['created']} created, "
        f"{first['updated']} updated, {first['unchanged']} unchanged, {first['refused']} refused, "
        f"{first['cleaned']} cleaned.\n"
        f"    Search finds the {first['created']} new ones "
        f"{_seconds(first['found_after_last_row_s'])} after the last row."
    )


def _each(name: str, imported: Figures) -> tuple[float, float]:
    return imported["first"][name], imported["second"][name]


def _counts(run: Figures) -> str:
    return f"{run['created']:,} / {run['updated']:,} / {run['unchanged']:,}"


TABLES: Final[dict[str, Callable[[Figures], str]]] = {
    "start": _tell_start,
    "memory": _tell_memory,
    "latency": _tell_latency,
    "import": _tell_import,
    "words": _say_import,
}

if __name__ == "__main__":
    write_tables(read_result())
