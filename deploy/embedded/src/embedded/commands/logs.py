"""`localex logs`: what the parts say."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Self

from cyclopts import App, Parameter, validators

from embedded.commands.options import DataOption
from embedded.places import Places
from embedded.tail import last_lines


def register(app: App) -> None:
    """Add the command."""
    app.command(logs)


def logs(
    name: str | None = None,
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=())] = False,
    lines: Annotated[
        int, Parameter(name=["--lines", "-n"], validator=validators.Number(gte=0))
    ] = 20,
    data: DataOption = None,
) -> None:
    """Print the end of the logs, of one part or of all.

    Args:
        name: A part; all when not given.
        follow: Go on printing what comes.
        lines: How many lines of each.
        data: Data folder.
    """
    places = Places.of(data)
    known = {path.stem: path for path in sorted(places.logs.glob("*.log"))}
    if not known:
        raise LookupError(f"{places.logs} has no logs yet: start it with `localex up`")
    if name is not None and name not in known:
        raise LookupError(f"no log of {name!r}; there are {', '.join(known)}")
    chosen = {name: known[name]} if name is not None else known
    width = max(map(len, chosen)) if name is None else 0
    with ExitStack() as open_logs:
        opened = {each: open_logs.enter_context(_Log(path)) for each, path in chosen.items()}
        for each, log in opened.items():
            for line in log.tail(lines):
                _say(each, line, width)
        if follow:
            _follow(opened, width)


def _say(name: str, line: str, width: int) -> None:
    print(f"{name:<{width}} | {line}" if width else line)


class _Log:
    """A log whose end is told, and which is read on from there, also in the file after it."""

    def __init__(self, path: Path) -> None:
        """Open it; `tail` comes before `lines`."""
        self._path = path
        self._file = path.open("rb")
        self._begun = b""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file that is read."""
        self._file.close()

    def tail(self, lines: int) -> list[str]:
        """The last lines that are there; nothing is lost between them and what comes."""
        return last_lines(self._file, lines)

    def lines(self) -> Iterator[str]:
        """What came since the last time, in whole lines."""
        yield from self._rest()
        if self._is_replaced():
            # Its last words may have come after the look above.
            yield from self._rest()
            self._file.close()
            self._file = self._path.open("rb")
            yield from self._rest()

    def _rest(self) -> Iterator[str]:
        for line in self._file:
            self._begun += line
            if self._begun.endswith(b"\n"):
                yield self._begun[:-1].decode(errors="replace")
                self._begun = b""

    def _is_replaced(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            # Put aside; the next process of the part begins the new one.
            return False
        return not os.path.samestat(now, os.fstat(self._file.fileno()))


def _follow(opened: dict[str, _Log], width: int) -> None:
    while True:
        quiet = True
        for name, log in opened.items():
            for line in log.lines():
                quiet = False
                _say(name, line, width)
        sys.stdout.flush()
        if quiet:
            time.sleep(0.2)
