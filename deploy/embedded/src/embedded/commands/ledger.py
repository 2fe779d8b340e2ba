"""`localex ledger verify`: the whole of the books re-examined, while they are in use."""

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places

if TYPE_CHECKING:
    from ledger.audit.models import Report

_SETTING = "LEDGER_DATABASE_URL"


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="ledger", help="Look after the books.")
    group.command(verify)
    app.command(group)


def verify(
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    data: DataOption = None,
) -> None:
    """Examine sums, chains, floors, events and the log. Exit code 1 when something is wrong.

    Args:
        json_: Print the report as JSON.
        data: Data folder.
    """
    started = time.monotonic()
    report = asyncio.run(_examine(data))
    seconds = round(time.monotonic() - started, 2)
    if json_:
        document = {"clean": report.clean, "seconds": seconds, **asdict(report)}
        print(json.dumps(document, indent=1))
    else:
        _tell(report, seconds)
    sys.exit(0 if report.clean else 1)


async def _examine(data: DataOption) -> "Report":
    import asyncpg
    from rich.console import Console
    from rich.progress import Progress

    from chassis.database import prepare_connection
    from embedded.settings import read_settings
    from ledger.audit.verify import verify_books

    url = os.environ.get(_SETTING) or read_settings(Places.of(data).settings_file)[_SETTING]
    conn = await asyncpg.connect(url, timeout=5)
    try:
        await prepare_connection(conn)
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("books", total=None)
            return await verify_books(
                conn,
                on_start=lambda total: progress.update(task, total=total),
                on_step=lambda step: progress.update(
                    task, advance=step.examined, description=step.check
                ),
            )
    finally:
        await conn.close()


def _tell(report: "Report", seconds: float) -> None:
    for check, count in report.examined.items():
        wrong = report.found.get(check, 0)
        print(f"{check:<10} {count:>12,} examined  {f'{wrong:,} WRONG' if wrong else 'all well'}")
    for finding in report.findings:
        print(f"  {finding.check}: {finding.subject}: {finding.detail}")
    hidden = sum(report.found.values()) - len(report.findings)
    if hidden:
        print(f"  and {hidden:,} more")
    print(f"{'The books are right' if report.clean else 'THE BOOKS ARE WRONG'} ({seconds} s).")
