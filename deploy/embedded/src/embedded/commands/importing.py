"""`localex import items`: listings from a file through the public API."""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter, validators

from embedded.commands.options import DataOption
from embedded.connecting import Gateway, LogIn
from embedded.importing.mapping import Mapping
from embedded.importing.progress import Progress
from embedded.importing.rows import Prepared
from embedded.places import Places
from localex_client import LocalEx

FOUND_LIMIT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of the command, read and checked."""

    file: Path
    mapping: Mapping
    prepared: Prepared
    report: Path
    progress: Progress
    batch_max: int


def register(app: App) -> None:
    """Add the command group."""
    group = App(name="import", help="Bring in data from files.")
    group.command(items)
    app.command(group)


def items(  # noqa: PLR0913 - the options of a command
    file: Path,
    *,
    mapping: Path | None = None,
    as_: Annotated[str | None, Parameter(name="--as")] = None,
    asset: str = "LXC",
    report: Path | None = None,
    resume: Annotated[bool, Parameter(negative=())] = False,
    batch: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=500))] = 250,
    url: str | None = None,
    data: DataOption = None,
) -> None:
    """Bring in listings from CSV (with a header) or JSON Lines. A repeat changes nothing.

    Args:
        file: What to read.
        mapping: TOML or JSON that says which column is which field; guessed without it.
        as_: E-mail of the seller (password in LOCALEX_PASSWORD); the operator without it.
        asset: What the prices are in, when the mapping is guessed.
        report: Where to tell what was refused or cleaned, as CSV; beside the file without it.
        resume: Go on where an earlier run was broken off.
        batch: Rows in a request.
        url: Gateway, when it is not the one that runs here.
        data: Data folder.
    """
    from embedded.connecting import find_gateway, log_in_of
    from embedded.importing.mapping import BadMapping
    from embedded.importing.reading import Unreadable
    from embedded.show import console, print_as_it_is
    from localex_client import ProblemError, Unreachable

    places = Places.of(data)
    gateway, who = find_gateway(places, url), log_in_of(places, as_)
    try:
        run = _prepare(file, mapping, asset, report, resume=resume, batch_max=batch)
    except (Unreadable, BadMapping) as error:
        print_as_it_is(f"localex: {error}")
        sys.exit(1)
    try:
        asyncio.run(_run(run, gateway, who))
    except* (ProblemError, Unreachable) as failed:
        console.print(f"localex: {_first(failed)}; what was sent is kept: go on with --resume")
        sys.exit(1)


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of several failures that happened at once: the others are alike."""
    first = failed.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _prepare(
    file: Path,
    mapping_file: Path | None,
    asset: str,
    report: Path | None,
    *,
    resume: bool,
    batch_max: int,
) -> _Run:
    from embedded.importing.mapping import guess_mapping, read_mapping
    from embedded.importing.reading import columns_of, digest_of, read_records
    from embedded.importing.rows import prepare_rows

    records = read_records(file)
    columns = columns_of(records)
    if mapping_file is not None:
        mapping = read_mapping(mapping_file).check(columns)
    else:
        mapping = guess_mapping(columns, namespace=file.stem[:40], asset=asset)
    _show_mapping(mapping, guessed=mapping_file is None)
    report = report or Path(f"{file.stem}-import.csv")
    state = report.with_name(f".{report.stem}-{digest_of(file)[:12]}-{batch_max}.progress")
    return _Run(
        file,
        mapping,
        prepare_rows(records, mapping),
        report,
        Progress.open(state, resume=resume),
        batch_max,
    )


def _show_mapping(mapping: Mapping, *, guessed: bool) -> None:
    from rich.table import Table

    from embedded.show import console

    table = Table(box=None, pad_edge=False)
    table.add_column("field")
    table.add_column("guessed from the columns" if guessed else "from")
    for name, source in mapping.fields.items():
        text = source.template or source.separator.join(source.columns)
        unless = f"   (none when {' or '.join(source.empty)})" if source.empty else ""
        table.add_row(name, text + unless)
    for name, value in mapping.constants.items():
        table.add_row(name, f'always "{value}"')
    console.print(table)


async def _run(run: _Run, gateway: Gateway, who: LogIn) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from embedded.connecting import log_in
    from embedded.importing.pace import Pace
    from embedded.importing.upload import count_found, upload_rows
    from embedded.show import console

    started = time.perf_counter()
    rows = run.prepared.rows
    async with gateway.open(timeout_seconds=30) as client:
        await log_in(client, who)
        before, known = await count_found(client), run.progress.tally.created
        pace = Pace(
            lambda: run.progress.tally.created - known,
            lambda: _found_since(client, before),
        )
        with Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        ) as bar:
            task = bar.add_task("rows", total=len(rows))
            await upload_rows(
                client,
                rows,
                run.progress,
                pace,
                batch_max=run.batch_max,
                advance=lambda count: bar.advance(task, count),
            )
        elapsed = time.perf_counter() - started
        _show_outcome(run, elapsed)
        await _tell_found(client, before, run.progress.tally.created - known)
    run.progress.finish()


async def _found_since(client: LocalEx, before: int | None) -> int | None:
    """How many of this run's rows search finds; None when it is away."""
    from embedded.importing.upload import count_found

    now = await count_found(client) if before is not None else None
    return None if now is None or before is None else now - before


async def _tell_found(client: LocalEx, before: int | None, created: int) -> None:
    from embedded.importing.upload import wait_until_found
    from embedded.show import console

    if before is None:
        console.print("Search is away or switched off; the rows will be found when it is back.")
        return
    waited = await wait_until_found(client, before + created, limit_seconds=FOUND_LIMIT_SECONDS)
    if waited is None:
        console.print("Search does not find all of them yet; see `localex status`.")
    else:
        console.print(f"Search finds the {created} new ones {waited:.1f} s after the last row.")


def _show_outcome(run: _Run, elapsed: float) -> None:
    from embedded.importing.report import write_report
    from embedded.show import console

    tally, prepared = run.progress.tally, run.prepared
    refused = tally.refused + prepared.refused
    total = len(prepared.rows) + prepared.refused
    told = write_report(run.report, [*prepared.remarks, *run.progress.remarks])
    console.print(
        f"{total} rows in {elapsed:.1f} s: {tally.created} created, {tally.updated} updated, "
        f"{tally.unchanged} unchanged, {refused} refused, {prepared.cleaned} cleaned."
    )
    console.print(f"{told} remarks in {run.report}", markup=False)
