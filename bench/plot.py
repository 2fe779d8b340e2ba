"""Draw the figures of `bench/results` as SVG: `.venv/bin/python bench/plot.py ledger_time`."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

import pygal
from pygal.style import LightSolarizedStyle

BENCH: Final = Path(__file__).parent
RESULTS: Final = BENCH / "results"
PLOTS: Final = BENCH.parent / "docs" / "plots"


def draw_time(document: dict[str, Any]) -> pygal.XY:
    """Time of each kind of read, at the 99th percentile, by entries; both scales logarithmic."""
    chart = _chart("Reads of one account, p99", "entries in the ledger", "ms")
    reads = dict.fromkeys(row["read"] for row in document["rows"])
    for read in reads:
        points = [(r["entries"], r["p99_ms"]) for r in document["rows"] if r["read"] == read]
        chart.add(read, points)
    return chart


def draw_verify(document: dict[str, Any]) -> pygal.XY:
    """Entries examined a second, by processes."""
    chart = _chart("localex ledger verify", "processes", "entries / s")
    chart.logarithmic = chart.xrange = None
    rows = document["rows"]
    chart.add("measured", [(row["workers"], row["entries_per_second"]) for row in rows])
    chart.add("by processor time", [(row["workers"], row["entries_per_two_cores"]) for row in rows])
    return chart


def draw_ledger(document: dict[str, Any]) -> pygal.HorizontalBar:
    """Transfers, reads or rows a second, by setting and clients."""
    chart = pygal.HorizontalBar(
        title="Ledger: transfers (reads, rows) a second",
        style=LightSolarizedStyle,
        js=[],
        show_legend=False,
        print_values=True,
        width=760,
        height=24 * len(document["rows"]) + 80,
    )
    rows = list(reversed(document["rows"]))
    chart.x_labels = [f"{row['setting']}, {row['clients']}" for row in rows]
    chart.add("a second", [row["tps"] for row in rows])
    return chart


def _chart(title: str, across: str, up: str) -> pygal.XY:
    return pygal.XY(
        title=title,
        x_title=across,
        y_title=up,
        logarithmic=True,
        xrange=None,
        legend_at_bottom=True,
        style=LightSolarizedStyle,
        js=[],
        width=760,
        height=420,
    )


DRAW: Final = {"ledger": draw_ledger, "ledger_time": draw_time, "ledger_verify": draw_verify}


def main() -> None:
    """Draw what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=sorted(DRAW))
    PLOTS.mkdir(parents=True, exist_ok=True)
    for name in parser.parse_args().names:
        document = json.loads((RESULTS / f"{name}.json").read_text())
        (PLOTS / f"{name}.svg").write_bytes(DRAW[name](document).render())
        print(PLOTS / f"{name}.svg")


if __name__ == "__main__":
    main()
