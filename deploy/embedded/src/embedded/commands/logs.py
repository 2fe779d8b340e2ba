"""`localex logs`: what the parts say."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, validators

from embedded.commands.options import DataOption
from embedded.places import Places
from embedded.tail import tail_of


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
    width = max((len(each) for each in chosen), default=0)
    for each, path in chosen.items():
        for line in tail_of(path, lines):
            _say(each, line, width if name is None else 0)
    if follow:
        _follow(chosen, width if name is None else 0)


def _say(name: str, line: str, width: int) -> None:
    print(f"{name:<{width}} | {line}" if width else line)


class _Followed:
    """A log that is read on, also in the file that takes its place."""

    def __init__(self, path: Path) -> None:
        """Begin at its end."""
        self._path = path
        self._file = path.open("rb")
        self._file.seek(0, os.SEEK_END)

    def lines(self) -> Iterator[str]:
        """What came since the last time."""
        yield from self._rest()
        if self._is_replaced():
            # Its last words may have come after the look above.
            yield from self._rest()
            self._file.close()
            self._file = self._path.open("rb")
            yield from self._rest()

    def _rest(self) -> Iterator[str]:
        for line in self._file:
            yield line.decode(errors="replace").rstrip("\n")

    def _is_replaced(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            # Put aside; the next process of the part begins the new one.
            return False
        return not os.path.samestat(now, os.fstat(self._file.fileno()))


def _follow(chosen: dict[str, Path], width: int) -> None:
    followed = {name: _Followed(path) for name, path in chosen.items()}
    while True:
        quiet = True
        for name, log in followed.items():
            for line in log.lines():
                quiet = False
                _say(name, line, width)
        sys.stdout.flush()
        if quiet:
            time.sleep(0.2)
