"""`localex reconcile`: bank statements against the books, and the services against each other."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places
from localex_client import LocalEx

type Format = Literal["csv", "camt.053", "mt940"]
type Numbers = Annotated[tuple[int, ...], Parameter(consume_multiple=True)]
type AsJson = Annotated[bool, Parameter(name="--json", negative=())]
type As = Annotated[str | None, Parameter(name="--as")]

_SUFFIXES: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".xml": "camt.053",
    ".sta": "mt940",
    ".mt940": "mt940",
    ".940": "mt940",
}
_POLL_SECONDS: Final = 0.2


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="reconcile", help="Compare the books with banks, and the services.")
    group.command(setup)
    group.command(import_, name="import")
    group.command(run)
    group.command(report)
    group.command(resolve)
    app.command(group)


def setup(
    account: UUID, file: Path, *, as_: As = None, url: str | None = None, data: DataOption = None
) -> None:
    """Say how an account is reconciled.

    Args:
        account: The account in the ledger.
        file: JSON: mirrored, external_account, csv_mapping, rules, write_off_limit, reason.
        as_: E-mail of the operator (password in LOCALEX_PASSWORD); the first one without it.
        url: Gateway, when it is not the one that runs here.
        data: Data folder.
    """
    wish = json.loads(file.read_text(encoding="utf-8"))

    async def act(client: LocalEx) -> None:
        made = await client.set_up_reconciliation(account, wish)
        print(f"version {made['version']} of the setup is in force")

    _with_client(act, as_, url, data)


def import_(  # noqa: PLR0913 - the options of a command
    account: UUID,
    file: Path,
    *,
    format_: Annotated[Format | None, Parameter(name="--format")] = None,
    opening: str | None = None,
    closing: str | None = None,
    closed_on: str | None = None,
    as_: As = None,
    url: str | None = None,
    data: DataOption = None,
) -> None:
    """Bring a statement file, whole or not at all. The same file again changes nothing.

    Args:
        account: The account in the ledger.
        file: CSV, camt.053 or MT940.
        format_: Told by the file's name without it.
        opening: Opening balance, for CSV without a balance column.
        closing: Closing balance, likewise.
        closed_on: Last day, for CSV without lines on it.
        as_: E-mail of the operator; the first one without it.
        url: Gateway, when it is not the one that runs here.
        data: Data folder.
    """
    known = format_ or _SUFFIXES.get(file.suffix.lower())
    if known is None:
        raise LookupError(f"say --format: {file.suffix or 'the name'} tells none")
    content = file.read_bytes()

    async def act(client: LocalEx) -> None:
        told = await client.import_statements(
            account,
            content,
            format=known,
            file_name=file.name,
            opening=opening,
            closing=closing,
            closed_on=closed_on,
        )
        count = len(told["statements"])
        print(f"{told['outcome']}: {count} statements, {told['line_count']} new lines")

    _with_client(act, as_, url, data)


def run(
    account: UUID,
    *,
    pause: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
    json_: AsJson = False,
    as_: As = None,
    url: str | None = None,
    data: DataOption = None,
) -> None:
    """Match what is open, and show how far it is. Broken off, it goes on in the background.

    Args:
        account: The account in the ledger.
        pause: Instead: pause the run in progress.
        resume: Instead: go on with the run that was paused.
        json_: Print the finished run as JSON.
        as_: E-mail of the operator; the first one without it.
        url: Gateway, when it is not the one that runs here.
        data: Data folder.
    """

    async def act(client: LocalEx) -> None:
        newest = await client.newest_run(account)
        if pause or resume:
            if newest is None:
                raise LookupError("there is no run")
            newest = await client.move_run(account, newest["id"], "pause" if pause else "resume")
        elif newest is None or newest["state"] == "DONE":
            newest = await client.start_run(account)
        done = newest if pause else await _follow(client, account, newest)
        if json_:
            print(json.dumps(done, indent=1))
            return
        found = ", ".join(f"{name} {count}" for name, count in done["matched"].items())
        print(f"{done['state']}: matched {found or 'nothing'}")

    _with_client(act, as_, url, data)


async def _follow(client: LocalEx, account: UUID, newest: dict[str, Any]) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        while newest["state"] == "ACTIVE":
            label = f"{newest['phase']} ({newest['phase_number']} of {newest['phases']})"
            progress.update(
                task,
                description=label,
                completed=newest["examined"],
                total=newest["total"] or None,
            )
            await asyncio.sleep(_POLL_SECONDS)
            newest = await client.newest_run(account) or newest
    return newest


def report(
    account: UUID | None = None,
    *,
    json_: AsJson = False,
    as_: As = None,
    url: str | None = None,
    data: DataOption = None,
) -> None:
    """Everything that does not agree: banks, trades and escrows, the index. Exit code 1 if so.

    Args:
        account: Only this account, with its suspense list.
        json_: Print the report as JSON.
        as_: E-mail of the operator; the first one without it.
        url: Gateway, when it is not the one that runs here.
        data: Data folder.
    """
    from embedded.reconciling import is_clean, make_report, tell_report

    async def act(client: LocalEx) -> None:
        made = await make_report(client, account)
        if json_:
            print(json.dumps({"clean": is_clean(made), **made}, indent=1))
        else:
            tell_report(made)
        if not is_clean(made):
            sys.exit(1)

    _with_client(act, as_, url, data)


def resolve(  # noqa: PLR0913 - the options of a command
    account: UUID,
    how: Literal["match", "ignore", "write-off", "approve", "reject", "undo"],
    *,
    lines: Numbers = (),
    entries: Numbers = (),
    id_: Annotated[str | None, Parameter(name="--id")] = None,
    reason: str = "",
    as_: As = None,
    url: str | None = None,
    data: DataOption = None,
) -> None:
    """Decide about items of the suspense list, or about an earlier decision.

    Args:
        account: The account in the ledger.
        how: What to do.
        lines: Numbers of lines.
        entries: Numbers of entries.
        id_: The proposal to approve or reject, or the decision to undo.
        reason: Why; kept with the decision.
        as_: E-mail of the operator; the first one without it.
        url: Gateway, when it is not the one that runs here.
        data: Data folder.
    """

    async def act(client: LocalEx) -> None:
        if how in ("approve", "reject", "undo"):
            if id_ is None:
                raise LookupError(f"{how} needs --id")
            if how == "undo":
                done = await client.undo_decision(account, id_, reason)
            else:
                done = await client.decide_proposal(account, id_, how)
        else:
            nouns: dict[str, Literal["matches", "ignored", "write-offs"]] = {
                "match": "matches",
                "ignore": "ignored",
                "write-off": "write-offs",
            }
            done = await client.settle(
                account, nouns[how], lines=lines, entries=entries, reason=reason
            )
        waits = done.get("state") == "PROPOSED"
        print(f"{'waits for a second operator' if waits else 'done'}: {done['id']}")

    _with_client(act, as_, url, data)


def _with_client(
    act: Callable[[LocalEx], Coroutine[Any, Any, None]],
    email: str | None,
    url: str | None,
    data: DataOption,
) -> None:
    """Do something as an operator; what the system refuses is told, line by line."""
    from embedded.connecting import find_gateway, log_in, log_in_of
    from localex_client import ProblemError, Unreachable

    places = Places.of(data)
    gateway, who = find_gateway(places, url), log_in_of(places, email)

    async def work() -> None:
        async with gateway.open(timeout_seconds=90) as client:
            await log_in(client, who)
            client.reason = "reconciliation from the command line"
            await act(client)

    try:
        asyncio.run(work())
    except ProblemError as error:
        print(f"localex: {error.title}: {error.detail}", file=sys.stderr)
        for fault in error.field_errors[:20]:
            place = f"line {fault['line']}, " if "line" in fault else ""
            told = f"{place}{fault['field']}: {fault['message']}"
            print(f"  {told}", file=sys.stderr)
        sys.exit(1)
    except Unreachable as error:
        print(f"localex: {error}", file=sys.stderr)
        sys.exit(1)
