"""`python -m bench.gateway`, which is what `localex bench gateway` runs."""

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

import bench.gateway
from bench.gateway.live import measure_live
from bench.gateway.measure import Row, measure
from embedded import Stack


def tell(row: Row) -> None:
    """A line for who waits."""
    print(
        f"{row['setting']:<14} {row['rps']:>8,} /s  p50 {row['p50_ms']:>7.2f} ms  "
        f"p99 {row['p99_ms']:>7.2f} ms  cpu {row['cpu_us']} us",
        file=sys.stderr,
    )


async def run(chosen: argparse.Namespace) -> dict[str, Any]:
    """Start what is needed, measure, stop it."""
    parts = ("postgres", "valkey")
    stack = await asyncio.to_thread(Stack.start, parts=parts, services=False, migrate=True)
    try:
        if chosen.live:
            return await measure_live(stack, chosen)
        with tempfile.TemporaryDirectory() as folder:
            return await measure(stack, chosen, Path(folder), tell)
    finally:
        await asyncio.to_thread(stack.close)


def main() -> None:
    """Run what is asked for, print it, keep it if that is asked for."""
    parser = argparse.ArgumentParser(
        prog="localex bench gateway", description=bench.gateway.__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=5, help="length of each run")
    parser.add_argument("--warm", type=float, default=1, help="seconds before each run")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--only", nargs="*", help="settings to measure; all when not given")
    parser.add_argument("--live", action="store_true", help="measure streams of events instead")
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=100, help="events a second, with --live")
    parser.add_argument("--keep", type=Path, help="write the figures there")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    found = {
        "bench": "gateway_live" if chosen.live else "gateway",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_before": round(before, 1),
    } | uvloop.run(run(chosen))
    if chosen.json or chosen.live:
        print(json.dumps(found, indent=1))
    elif added := found.get("added"):
        print(json.dumps(added))
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
        (chosen.keep / f"{found['bench']}.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
