"""How the stack is shown to a person."""

import json
import time
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from embedded.places import Places

_COLOURS: Final = {
    "ready": "green",
    "done": "green",
    "failed": "red",
    "backing off": "red",
    "stopped": "dim",
}
_MEBIBYTE: Final = 1024 * 1024

console: Final = Console(highlight=False)
if not console.is_terminal:
    # A pipe has no width; addresses must not be cut.
    console.width = 140


def megabytes(size_bytes: int | None) -> str:
    """A size as people read it."""
    return "" if size_bytes is None else f"{size_bytes / _MEBIBYTE:,.0f} MB"


def duration(seconds: float | None) -> str:
    """A span of time as people read it."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes} min"
        if hours
        else f"{minutes} min {rest} s"
        if minutes
        else f"{rest} s"
    )


def progress_table(status: dict[str, Any], elapsed_seconds: float) -> Table:
    """The parts while they come up."""
    table = Table(box=None, pad_edge=False)
    for column in ("part", "version", "state", "after", ""):
        table.add_column(column, justify="right" if column == "after" else "left")
    for part in status["parts"]:
        after = part["ready_after_seconds"]
        state = part["state"]
        table.add_row(
            part["name"],
            part["version"],
            f"[{_COLOURS.get(state, 'yellow')}]{state}[/]",
            f"{after:.1f} s" if after is not None else "",
            part["last_error"] if state in {"backing off", "failed"} else part["reason"][:60],
        )
    table.caption = f"{elapsed_seconds:.1f} s"
    table.caption_justify = "left"
    return table


def status_table(status: dict[str, Any]) -> Table:
    """The parts as they run."""
    table = Table(box=None, pad_edge=False)
    for column in ("part", "state", "pid", "version", "memory", "up", "restarts", "address"):
        right = column in {"pid", "memory", "up", "restarts"}
        table.add_column(column, justify="right" if right else "left", no_wrap=True)
    for part in status["parts"]:
        state = part["state"]
        table.add_row(
            part["name"],
            f"[{_COLOURS.get(state, 'yellow')}]{state}[/]",
            str(part["pid"] or ""),
            part["version"],
            megabytes(part["rss_bytes"]),
            duration(part["uptime_seconds"]),
            str(part["restarts"] or ""),
            part["url"] or "",
        )
    own = status["supervisor"]
    row = ("supervisor", "", str(own["pid"]), "", megabytes(own["rss_bytes"]))
    table.add_row(*row, duration(status["uptime_seconds"]), "", "")
    return table


def print_as_it_is(text: str, *, style: str = "") -> None:
    """Print words of others: nothing in them is markup, and a pipe gets their lines whole."""
    console.print(text, style=style, markup=False, emoji=False, soft_wrap=True)


def print_crash(part: dict[str, Any], since: str) -> None:
    """How a part ended that nobody had stopped, what became of it, and its log's end then."""
    tail = "".join(f"\n    {line}" for line in part["log_tail"])
    ended = f" Its log ended:{tail}" if tail else ""
    print_as_it_is(f"{part['name']}: {part['last_error']}; {since}.{ended}")


def print_welcome(status: dict[str, Any], places: Places) -> None:
    """Where to go, and how to log in."""
    gateway = status["gateway"]
    if gateway:
        console.print(f"\n[bold]LocalEx is at {gateway}[/]   (interface: {gateway}/v1/docs)")
        if status["authority"]:
            console.print(f"  trust     curl --cacert {status['authority']}")
        operator = json.loads(places.operator_file.read_text(encoding="utf-8"))
        _print_log_in("operator", operator)
        for member in _members(places):
            _print_log_in(member["name"], member)
        console.print("  others    register with POST /v1/users")
    else:
        console.print("\n[yellow]The services have nothing to start yet; the servers are up.[/]")
    console.print(f"  data      {status['data_folder']}")
    console.print("  next      localex demo | status | logs -f | down")


def _print_log_in(who: str, login: dict[str, str]) -> None:
    console.print(f"  {who:<8}  {login['email']}  password {login['password']}", markup=False)


def _members(places: Places) -> list[dict[str, str]]:
    try:
        members: list[dict[str, str]] = json.loads(places.members_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return members


class StartDisplay:
    """The table of parts, redrawn while they come up; lines only when not on a terminal."""

    def __init__(self, begun: float) -> None:
        """Count from `begun`, a time of `perf_counter`."""
        self._begun = begun
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._said: dict[str, str] = {}

    @property
    def elapsed_seconds(self) -> float:
        """Time since the beginning."""
        return time.perf_counter() - self._begun

    def __enter__(self) -> Self:
        if console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if console.is_terminal:
            self._live.stop()

    def show(self, status: dict[str, Any]) -> None:
        """Draw the state of now."""
        if console.is_terminal:
            self._live.update(progress_table(status, self.elapsed_seconds))
            return
        for part in status["parts"]:
            name, state = part["name"], part["state"]
            telling = state in {"ready", "done", "failed", "backing off"}
            if telling and self._said.get(name) != state:
                self._said[name] = state
                error = f": {part['last_error']}" if state in {"failed", "backing off"} else ""
                console.print(f"{self.elapsed_seconds:6.1f} s  {name:<12} {state}{error}")


class FetchDisplay:
    """One progress bar over everything that is fetched."""

    def __init__(self) -> None:
        """Show nothing until something is missing."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", visible=False, total=None)
        self.fetched = False

    def begin(self, files: int, size_bytes: int) -> None:
        """So much is missing."""
        if not files:
            return
        self.fetched = True
        text = f"fetching {files} files ({megabytes(size_bytes)})"
        if not console.is_terminal:
            console.print(text)
        self._progress.start()
        self._progress.update(self._task, description=text, total=size_bytes, visible=True)

    def advance(self, size_bytes: int) -> None:
        """So many bytes came."""
        self._progress.advance(self._task, size_bytes)

    def note(self, text: str) -> None:
        """Something a person should know."""
        console.print(f"[yellow]{text}[/]")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
