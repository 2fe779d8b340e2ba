"""`python -m bench.ledger`, which is what `localex bench ledger` runs."""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

import bench.ledger
from bench.ledger.measure import Row, measure
from bench.ledger.settings import SETTINGS
from bench.plot import draw_ledger
from embedded import Stack


def tell(row: Row) -> None:
    """A line for who waits."""
    print(
        f"{row['setting']:<18} batch {row['batch']:>4}  clients {row['clients']:>4}  "
        f"{row['tps']:>8,} /s  p50 {row['p50_ms']:>8.2f} ms  p99 {row['p99_ms']:>8.2f} ms  "
        f"cpu {row['service_cpu_us']}+{row['database_cpu_us']}+{row['clients_cpu_us']} us",
        file=sys.stderr,
    )


async def run(chosen: argparse.Namespace) -> list[Row]:
    """Start what is needed, measure, stop it."""
    stack = await asyncio.to_thread(Stack.start, parts=("postgres",), services=False, migrate=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return await measure(stack, chosen, Path(folder), tell)
    finally:
        await asyncio.to_thread(stack.close)


def main() -> None:
    """Run what is asked for, print it, keep it if that is asked for."""
    parser = argparse.ArgumentParser(prog="localex bench ledger", description=bench.ledger.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=5, help="length of each run")
    parser.add_argument("--warm", type=float, default=6, help="seconds before the first run")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--uniform", type=int, default=10_000, help="accounts")
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--journal", nargs="*", default=["uniform", "hot_source"])
    parser.add_argument("--keep", type=Path, help="write rows and plot there, as ledger.json/svg")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    rows = uvloop.run(run(chosen))
    found: dict[str, Any] = {
        "bench": "ledger",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_before": round(before, 1),
        "rows": rows,
    }
    if chosen.json:
        print(json.dumps(found, indent=1))
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
        (chosen.keep / "ledger.json").write_text(json.dumps(found, indent=1) + "\n")
        (chosen.keep / "ledger.svg").write_bytes(draw_ledger(found).render())


if __name__ == "__main__":
    main()
