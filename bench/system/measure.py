"""The run: both profiles, one after the other, on data folders of its own."""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.system.catalogue import count_explained, count_listed, run_import
from bench.system.commands import CommandFailed, Ended, localex, memory, ready_alone, status
from bench.system.latencies import find_beside_writes, measure_latencies
from bench.system.people import trade_first
from embedded.connecting import gateway_of, operator_log_in
from embedded.places import Places

type Figures = dict[str, Any]
type Tell = Callable[[str], None]


class Run:
    """What was measured so far, told as it goes on."""

    def __init__(self, chosen: argparse.Namespace, tell: Tell) -> None:
        """Begin with nothing."""
        self.chosen = chosen
        self._tell = tell
        self.start: Figures = {}
        self.memory: Figures = {}
        self.figures: Figures = {}
        self.load_average: dict[str, float] = {}

    def note(self, step: str, told: object) -> None:
        """Tell of a step that is done, and keep how busy the machine was."""
        self.load_average[step] = round(os.getloadavg()[0], 1)
        self._tell(f"{step}: {told} (load average {self.load_average[step]})")

    def command(self, step: str, *words: object, data: Path, **options: Any) -> Ended:
        """Run a command of `localex` as a step of its own."""
        ended = localex(*words, data=data, **options)
        self.note(step, f"{ended.seconds:.1f} s")
        return ended


@contextmanager
def own_folder(what: str) -> Iterator[Path]:
    """A data folder, whose stack is down and which is gone in the end."""
    data = Path(tempfile.mkdtemp(prefix=f"localex-bench-{what}-"))
    try:
        yield data
    finally:
        with suppress(CommandFailed):
            localex("down", data=data)
        shutil.rmtree(data, ignore_errors=True)


def measure(chosen: argparse.Namespace, tell: Tell) -> Figures:
    """Measure everything that was asked for."""
    run = Run(chosen, tell)
    if chosen.cold:
        _start_cold(run)
    with own_folder("full") as data:
        _measure_full(run, data)
    with own_folder("lite") as data:
        _measure_lite(run, data)
    return {
        "start": run.start,
        "memory": run.memory,
        **run.figures,
        "load_average": run.load_average,
    }


def _start_cold(run: Run) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="localex-bench-cache-") as cache,
        own_folder("cold") as data,
    ):
        # Servers run as a user who cannot enter root's folders.
        Path(cache).chmod(0o755)
        environment = os.environ | {"LOCALEX_CACHE": cache}
        up = run.command("cold start", "up", "--detach", data=data, environment=environment)
        down = run.command("very first down", "down", data=data, environment=environment)
        run.start |= {"cold_s": round(up.seconds, 1), "very_first_down_s": round(down.seconds, 1)}


def _measure_full(run: Run, data: Path) -> None:
    first = run.command("first start", "up", "--detach", data=data)
    run.command("down after it", "down", data=data)
    started = time.perf_counter()
    run.command("warm start", "up", "--detach", data=data)
    ready = time.perf_counter() - started
    asyncio.run(_play(run, data, started))
    run.start |= {"first_s": round(first.seconds, 1), "warm_ready_s": round(ready, 1)}
    down = run.command("down", "down", data=data)
    run.start["down_s"] = round(down.seconds, 1)


async def _play(run: Run, data: Path, started: float) -> None:
    chosen = run.chosen
    gateway, operator = gateway_of(status(data)), operator_log_in(Places(data))
    ana, ben = await trade_first(gateway, operator)
    run.start["warm_first_trade_s"] = round(time.perf_counter() - started, 1)
    run.note("first trade funded", f"{run.start['warm_first_trade_s']} s after the start")
    async with ana, ben:
        again = run.command("up while up", "up", "--detach", data=data)
        run.start["second_up_s"] = round(again.seconds, 1)
        run.start["ready_alone_s"] = ready_alone(data)
        run.figures["latency"] = await measure_latencies(
            ana, ben, items=chosen.items, trades=chosen.trades
        )
        run.note("found and funded", run.figures["latency"])
        for number in ("first", "second"):
            run.command(f"{number} demo", "demo", data=data)
        run.figures["import"] = await _import(run, data)
        run.memory["full"] = memory(data)
        run.note("memory, full", f"{run.memory['full']['total_mib']} MiB")
        run.figures["beside_writes"] = {}
        if chosen.seconds:
            run.figures["beside_writes"] = await find_beside_writes(ana, ben, chosen.seconds)
            run.note("found beside writes", run.figures["beside_writes"])


async def _import(run: Run, data: Path) -> Figures:
    file, report = run.chosen.catalogue, data / "import.csv"
    gateway, operator = gateway_of(status(data)), operator_log_in(Places(data))
    first = run_import(file, data, report)
    run.note("first import", first)
    explained, found = count_explained(report), await count_listed(gateway, operator)
    second = run_import(file, data, report)
    run.note("second import", second)
    return {"first": first, "explained": explained, "found": found, "second": second}


def _measure_lite(run: Run, data: Path) -> None:
    first = run.command("lite: first start", "up", "--detach", "--profile", "lite", data=data)
    run.command("lite: demo", "demo", data=data)
    run.note("lite: import", run_import(run.chosen.catalogue, data, data / "import.csv"))
    run.memory["lite"] = memory(data)
    run.note("memory, lite", f"{run.memory['lite']['total_mib']} MiB")
    down = run.command("lite: down", "down", data=data)
    run.start |= {
        "lite_first_s": round(first.seconds, 1),
        "lite_down_s": round(down.seconds, 1),
    }
