"""`localex bench`: figures of this machine, from engines started for it."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from embedded.benching.figures import Figure


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="bench", help="Measure this machine, on engines started for it.")
    group.command(crowd)
    group.command(delivery)
    group.command(ledger)
    group.command(recovery)
    group.command(search)
    group.command(gateway)
    group.command(system)
    app.command(group)


def crowd(
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    out: Path | None = None,
    people: int = 2_000,
    rate: float = 60,
    minutes: float = 10,
) -> None:
    """Let many people in at once, each with a live stream. Exit code 1 when a limit does not hold.

    Args:
        json_: Print JSON.
        out: Write the JSON to this file, too, such as bench/results/crowd.json.
        people: How many.
        rate: Acts a second, one to twelve requests each.
        minutes: How long; memory is compared from the third on.
    """
    from embedded.benching.crowd import ENVIRONMENT, measure_crowd
    from embedded.stack import Stack

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with Stack.start(environment=ENVIRONMENT) as stack:
        figures, _ = asyncio.run(
            measure_crowd(stack, people=people, rate=rate, minutes=minutes, tell=tell)
        )
    facts = {"bench": "crowd", "people": people, "acts_a_second": rate, "minutes": minutes}
    _tell(figures, as_json=json_, facts=facts, out=out)


def delivery(
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    out: Path | None = None,
    events: int = 100_000,
    rate: int = 200,
    seconds: float = 15,
) -> None:
    """Measure relay, inbox and times of delivery. Exit code 1 when a limit does not hold.

    Args:
        json_: Print JSON.
        out: Write the JSON to this file, too, such as bench/results/delivery.json.
        events: Size of the relay's backlog.
        rate: Events a second while times are taken.
        seconds: How long times are taken.
    """
    import structlog
    import uvloop

    from chassis.process import settle_memory
    from embedded.benching.delivery import measure_delivery
    from embedded.stack import Stack

    # The forged message is logged as such; what is printed here is the figures.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with Stack.start(parts=["postgres", "kafka"], services=False, migrate=True) as stack:
        # As services do, both.
        settle_memory()
        figures = uvloop.run(
            measure_delivery(stack.settings, events=events, rate=rate, seconds=seconds)
        )
    facts = {"bench": "delivery", "events": events, "seals": "made and checked"}
    _tell(figures, as_json=json_, facts=facts, out=out)


def search(
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    out: Path | None = None,
    documents: int = 15_000,
    seconds: float = 8,
) -> None:
    """Measure searching and indexing. Exit code 1 when a limit does not hold.

    Args:
        json_: Print JSON.
        out: Write the JSON to this file, too, such as bench/results/search.json.
        documents: How many are indexed, such as 200000.
        seconds: How long each kind of search is sent.
    """
    from embedded.benching.search import measure_search
    from embedded.stack import Stack

    # What nobody told would be found missing while searches are timed.
    environment = {
        "SEARCH_PARITY_GRACE_SECONDS": "86400",
        "SEARCH_FIND_TIMEOUT_SECONDS": "30",
        # Asked eight searches again and again; what remembering is worth is measured apart.
        "SEARCH_REMEMBER_MS": "0",
    }
    with Stack.start(
        parts=["postgres", "kafka", "opensearch", "valkey"],
        services=["search"],
        environment=environment,
    ) as stack:
        figures = asyncio.run(
            measure_search(
                stack.settings, stack.urls["search"], documents=documents, seconds=seconds
            )
        )
    facts = {"bench": "search", "documents": documents, "seconds": seconds}
    _tell(figures, as_json=json_, facts=facts, out=out)


def ledger(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Measure transfers and reads, and the limits beside them; the harness is `bench/ledger`.

    Args:
        arguments: Passed on, such as `--json`, `--seconds 5`, `--settings uniform`; `--help` tells.
    """
    _run_harness("ledger", arguments)


def gateway(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Measure forwarding beside its peers, or `--live` streams; the harness is `bench/gateway`.

    Args:
        arguments: Passed on, such as `--json`, `--seconds 5`, `--live`; `--help` tells.
    """
    _run_harness("gateway", arguments)


def system(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Measure start, memory, a first trade, finding and an import; the harness is `bench/system`.

    Args:
        arguments: Passed on, such as `--cold`, `--out FILE`, `--catalogue FILE`; `--help` tells.
    """
    _run_harness("system", arguments)


def _run_harness(name: str, arguments: tuple[str, ...]) -> None:
    checkout = Path(__file__).parents[5]
    if not (checkout / "bench" / name).is_dir():
        sys.exit(f"localex: bench/{name} is part of a checkout, and this is none")
    command = [sys.executable, "-m", f"bench.{name}", *arguments]
    sys.exit(subprocess.run(command, cwd=checkout, check=False).returncode)


def recovery(
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    out: Path | None = None,
    times: int = 5,
) -> None:
    """Measure how long each part is away when it is killed. Exit code 1 when a limit does not hold.

    Args:
        json_: Print JSON.
        out: Write the JSON to this file, too, such as bench/results/recovery.json.
        times: Kills of each part.
    """
    from embedded.benching.recovery import measure_recovery
    from embedded.stack import Stack

    # Whoever asks a broker that was killed, again and again, is told that it is not there.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with Stack.start() as stack:
        figures = asyncio.run(measure_recovery(stack, times=times))
    facts = {"bench": "recovery", "times": times}
    _tell(figures, as_json=json_, facts=facts, out=out)


def _tell(
    figures: "list[Figure]",
    *,
    as_json: bool,
    facts: Mapping[str, object] | None = None,
    out: Path | None = None,
) -> None:
    from embedded.provenance import commit, machine

    origin = {"commit": commit(), "machine": machine()}
    found = {**(facts or {}), **origin, "rows": [one.row() for one in figures]}
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found, indent=1) + "\n")
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        for one in figures:
            row = one.row()
            verdict = {True: "held", False: "NOT HELD", None: ""}[one.held]
            ratio = f"{row['ratio_to_raw']:.2f} of raw" if row["ratio_to_raw"] else ""
            print(
                f"{one.name:<26} {one.value:>10,.1f} {one.unit:<11} limit {one.limit or 0:>8,.0f}"
                f"  {verdict:<9} {ratio}"
            )
    sys.exit(1 if any(one.held is False for one in figures) else 0)
