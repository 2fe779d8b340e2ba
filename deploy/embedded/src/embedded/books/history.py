"""`localex ledger import-history`: transfers of another system, with the dates they took effect."""

import asyncio
import csv
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from chassis.problems import Problem
from embedded.books.reaching import address, bar
from embedded.commands.options import DataOption

if TYPE_CHECKING:
    from rich.progress import Progress

    from chassis.database import Connection
    from ledger.histories.models import HistoryImport, Kind

_COLUMNS = ("line", "reference", "field", "rule", "message")


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    kind: "Kind"
    name: str


def import_history(
    file: Path | None = None,
    *,
    opening: Path | None = None,
    community: str = "riverside",
    name: str | None = None,
    batch: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1000))] = 500,
    report: Path | None = None,
    data: DataOption = None,
) -> None:
    """Post transfers of before through the journal. Run it again after a break: it goes on.

    CSV with a header or JSON Lines. Transfers: reference, effective_at, from, to, amount, asset,
    and kind and memo if wanted. Opening balances: account, amount, asset, effective_at. An account
    is its id, `user:<id>` for a person's main account or `system:<name>` for an outside party.

    Args:
        file: Transfers, in the order in which they took effect.
        opening: Opening balances, posted first.
        community: Whose outside parties are meant.
        name: What the import is called; the file's name without it.
        batch: Rows in a transaction: their accounts are locked meanwhile.
        report: Where to tell which rows were refused, as CSV; beside the file without it.
        data: Data folder.
    """
    files = []
    if opening:
        files.append(_File(opening, "OPENING", f"{name or opening.stem}-opening"))
    if file:
        files.append(_File(file, "TRANSFERS", name or file.stem))
    for one in files:
        if not one.path.is_file():
            print(f"localex: {one.path} is no file", file=sys.stderr)
            sys.exit(1)
    try:
        refused = sum(
            asyncio.run(_bring_in(one, community, batch, report, address(data))) for one in files
        )
    except Problem as problem:
        print(f"localex: {problem.detail}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("localex: broken off; run it again to go on", file=sys.stderr)
        sys.exit(130)
    sys.exit(1 if refused else 0)


async def _bring_in(one: _File, community: str, batch: int, report: Path | None, url: str) -> int:
    from chassis.database import open_connection
    from ledger.histories.begin import begin_import
    from ledger.histories.models import BeginImport
    from ledger.histories.reading import count_lines, hash_file

    started = time.perf_counter()
    async with open_connection(url, "localex-history") as conn:
        wish = BeginImport(name=one.name, kind=one.kind, community=community)
        async with conn.transaction():
            begun = await begin_import(
                conn,
                wish,
                content_hash=hash_file(one.path),
                started_by=None,
                now=datetime.now(UTC),
            )
        with bar() as progress:
            progress.add_task(one.path.name, total=count_lines(one.path), completed=begun.rows_done)
            stands = await _post(conn, begun, one.path, batch, progress)
        seconds = time.perf_counter() - started
        fresh = stands.rows_done - begun.rows_done
        print(
            f"{one.path.name}: {stands.posted:,} posted, {stands.refused:,} refused of "
            f"{stands.rows_done:,} rows; {fresh:,} in {seconds:.1f} s, "
            f"{fresh / seconds:,.0f} a second"
        )
        await _tell(conn, stands, report or one.path.with_name(f"{one.name}-refused.csv"))
    return stands.refused


async def _post(
    conn: "Connection", begun: "HistoryImport", path: Path, batch: int, progress: "Progress"
) -> "HistoryImport":
    from ledger.histories.bring_in import bring_in_rows
    from ledger.histories.reading import read_batches

    [task] = progress.task_ids
    stands = begun
    for first, rows in read_batches(path, begun.rows_done, batch):
        async with conn.transaction():
            stands = await bring_in_rows(conn, begun.id, first, rows, now=datetime.now(UTC))
        progress.update(task, completed=stands.rows_done)
    return stands


async def _tell(conn: "Connection", stands: "HistoryImport", report: Path) -> None:
    """Refused rows as CSV, and whether opening balances tie out."""
    from contracts.money import render_amount
    from ledger.histories.read import read_import
    from ledger.histories.tie_out import tie_out

    if stands.refused:
        with report.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            after = 0
            while page := (await read_import(conn, stands.id, after=after, limit=1000))[1]:
                writer.writerows([getattr(row, name) for name in _COLUMNS] for row in page)
                after = page[-1].row_number
        print(f"What was refused is in {report}")
    if stands.kind == "OPENING":
        for tie in await tie_out(conn, stands.id):
            entered, account = (
                render_amount(minor, tie.asset) for minor in (tie.entered_minor, tie.account_minor)
            )
            print(f"{tie.asset}: {entered} entered; opening-balances gave {account} in all")
