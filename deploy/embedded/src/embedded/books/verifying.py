"""`localex ledger verify`: the whole of the books re-examined, while they are in use."""

import asyncio
import getpass
import json
import os
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter, validators

from chassis.problems import Problem
from embedded.books.reaching import MIGRATOR, address, bar
from embedded.commands.options import DataOption
from embedded.places import Places

if TYPE_CHECKING:
    from ledger.audit.models import Repair, Report
    from ledger.findings import Step

SAVE_SECONDS: Final = 1.0
_Flag = Annotated[bool, Parameter(negative=())]


def verify(
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    workers: Annotated[int | None, Parameter(validator=validators.Number(gte=0, lte=64))] = None,
    resume: _Flag = False,
    repair_projections: _Flag = False,
    apply: _Flag = False,
    data: DataOption = None,
) -> None:
    """Examine sums, chains, floors, projections, events and the log. Exit code 1 when wrong.

    Args:
        json_: Print the report as JSON.
        workers: Processes that recompute leaves; one for each core when not said.
        resume: Go on where an earlier run was broken off.
        repair_projections: Show what would be made anew from the journal.
        apply: With --repair-projections: do it, and write down what changed.
        data: Data folder.
    """
    started = time.monotonic()
    state = _State(data, resume=resume)
    count = (os.cpu_count() or 1) if workers is None else workers
    try:
        report = asyncio.run(_examine(data, count, state))
    except (KeyboardInterrupt, asyncio.CancelledError):
        state.save()
        print("localex: broken off; go on with --resume", file=sys.stderr)
        sys.exit(130)
    state.forget()
    seconds = round(time.monotonic() - started, 2)
    try:
        repairs = asyncio.run(_repair(data, report, apply=apply)) if repair_projections else []
    except Problem as problem:
        repairs, repair_projections = [], False
        print(f"localex: {problem.detail}", file=sys.stderr)
    if json_:
        document = {"clean": report.clean, "seconds": seconds, **asdict(report)}
        document["repairs"] = [asdict(one) for one in repairs]
        print(json.dumps(document, indent=1))
    else:
        _tell(report, seconds)
        _tell_repairs(repairs, asked=repair_projections, applied=apply)
    sys.exit(0 if report.clean else 1)


class _State:
    """Where a broken-off run is remembered."""

    def __init__(self, data: DataOption, *, resume: bool) -> None:
        from ledger.audit.models import Progress

        self._file = Places.of(data).data / "ledger-verify.json"
        self._saved = time.monotonic()
        known = resume and self._file.is_file()
        self.progress: Progress = (
            Progress.read(json.loads(self._file.read_text())) if known else Progress()
        )

    def step(self) -> None:
        """Write it down now and then."""
        if time.monotonic() - self._saved > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write it down."""
        self._saved = time.monotonic()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self.progress)))
        partial.replace(self._file)

    def forget(self) -> None:
        """It is over."""
        self._file.unlink(missing_ok=True)


async def _examine(data: DataOption, workers: int, state: _State) -> "Report":
    from ledger.audit.verify import verify_books

    with bar() as progress:
        task = progress.add_task("books", total=None)

        def on_step(step: "Step") -> None:
            progress.update(task, advance=step.examined, description=step.check)
            state.step()

        return await verify_books(
            address(data),
            workers=workers,
            progress=state.progress,
            on_start=lambda total: progress.update(task, total=total),
            on_step=on_step,
        )


async def _repair(data: DataOption, report: "Report", *, apply: bool) -> "list[Repair]":
    from chassis.database import open_connection
    from ledger.audit.repair import repair_projections

    async with open_connection(address(data, MIGRATOR), "localex-repair") as conn:
        attempt = conn.transaction()
        await attempt.start()
        try:
            by = f"{getpass.getuser()}, localex ledger verify"
            return await repair_projections(conn, report.findings, by=by)
        finally:
            await (attempt.commit() if apply and not sys.exception() else attempt.rollback())


def _tell(report: "Report", seconds: float) -> None:
    for check, count in report.examined.items():
        wrong = report.found.get(check, 0)
        print(f"{check:<12} {count:>12,} examined  {f'{wrong:,} WRONG' if wrong else 'all well'}")
    for finding in report.findings:
        print(f"  {finding.check}: {finding.subject}: {finding.detail}")
    hidden = sum(report.found.values()) - len(report.findings)
    if hidden:
        print(f"  and {hidden:,} more")
    print(f"{'The books are right' if report.clean else 'THE BOOKS ARE WRONG'} ({seconds} s).")


def _tell_repairs(repairs: "list[Repair]", *, asked: bool, applied: bool) -> None:
    for one in repairs:
        print(f"  {one.projection} {one.key}:")
        for name, (was, became) in one.changes().items():
            print(f"    {name}: {json.dumps(was)} -> {json.dumps(became)}")
    if asked:
        done = "was made anew" if applied else "would be made anew; do it with --apply"
        print(f"{len(repairs)} {done}. Nothing of the journal is touched.")
