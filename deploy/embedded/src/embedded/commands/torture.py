"""`localex torture`: break the real stack under load, and prove that nothing was lost."""

import json
import logging
import secrets
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from embedded.torture.report import Report
    from embedded.torture.run import Tell

SECONDS_MAX = 24 * 3600


def register(app: App) -> None:
    """Add the command."""
    app.command(torture)


def torture(  # noqa: PLR0913 - each is an option
    *,
    seed: int | None = None,
    minutes: float = 3.5,
    faults: str = "kill,stop,net,messages,disk,clock",
    people: int | None = None,
    skew: float | None = None,
    transfers: int = 0,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    out: Path | None = None,
    data: Path | None = None,
) -> None:
    """Break a stack of its own under load, and examine what is left. Exit code 1 for a violation.

    Args:
        seed: Draws the world and the faults; one is chosen and told when not given.
        minutes: How long the load lasts; start, rest and examination come on top.
        faults: Some of kill,stop,net,messages,disk,clock, or none.
        people: How many people there are, instead of a drawn number from 2 to 10,000.
        skew: How unevenly they are chosen, instead of a drawn exponent from 0, evenly, to 1.5.
        transfers: Go on until the books hold so many, for at most four times the minutes.
        json_: Print the result as JSON.
        out: Write the result as JSON to this file, too; without --json there is always one, among
            the temporary files when not given.
        data: Data folder, a new one; a temporary one when not given.
    """
    from embedded.provenance import commit
    from embedded.torture.plan import KINDS, draw_plan
    from embedded.torture.report import Report

    kinds = [] if faults == "none" else faults.split(",")
    chosen = [kind for kind in KINDS if kind in kinds]
    if len(chosen) < len(kinds):
        raise LookupError(f"--faults takes {', '.join(KINDS)} or none, not {faults}")
    if not 0 < minutes * 60 <= SECONDS_MAX:
        raise LookupError("--minutes is above 0 and at most a day")
    if data is not None and data.exists() and any(data.iterdir()):
        raise LookupError(f"{data} is not empty: a run needs a stack of its own")
    drawn = secrets.randbelow(10**6) if seed is None else seed
    if out is None and not json_:
        # What was broken, and when, is not drawn again alike: it is never thrown away.
        out = Path(tempfile.mkdtemp(prefix="localex-torture-log-")) / f"seed-{drawn}.json"
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    try:
        plan = draw_plan(
            drawn, minutes * 60, chosen, people=people, skew=skew, transfers_min=transfers
        )
    except ValueError as error:
        raise LookupError(f"--{error}") from None

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    from embedded.torture.run import prepare_disks, replay_command

    replay = replay_command(plan, chosen, people, skew)
    report = Report(plan, replay, out=out)
    tell(f"seed {plan.seed}, commit {commit()}; again: {replay}")
    disks = prepare_disks(plan, report)
    try:
        _run(report, data, disks=disks, tell=tell)
    finally:
        document = json.dumps(report.document(), indent=1, default=str)
        if out is not None:
            out.write_text(document + "\n", encoding="utf-8")
            tell(f"written: {out}")
    print(document if json_ else "\n".join(report.lines()))
    sys.exit(1 if report.violations else 0)


def _run(report: "Report", data: Path | None, *, disks: bool, tell: "Tell") -> None:
    import uvloop

    from embedded.torture.run import torture

    def interrupted(_number: int, _frame: object) -> None:
        signal.raise_signal(signal.SIGINT)

    # A shell that begins a command in the background has it ignore what ends it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, interrupted)
    # Servers that are away are the point; that clients miss them need not be told each time.
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    uvloop.run(torture(report.plan, report, data=data, disks=disks, tell=tell))
