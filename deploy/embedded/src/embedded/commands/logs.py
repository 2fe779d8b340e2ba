"""`localex logs`: what the parts say."""

import sys
import time
from pathlib import Path
from typing import Annotated, BinaryIO

from cyclopts import App, Parameter

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
    lines: Annotated[int, Parameter(name=["--lines", "-n"])] = 20,
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
    if name is not None and name not in known:
        raise LookupError(f"no log of {name!r}; there are {', '.join(known) or 'none'}")
    chosen = {name: known[name]} if name is not None else known
    width = max((len(each) for each in chosen), default=0)
    for each, path in chosen.items():
        for line in tail_of(path, lines):
            _say(each, line, width if name is None else 0)
    if follow:
        _follow(chosen, width if name is None else 0)


def _say(name: str, line: str, width: int) -> None:
    print(f"{name:<{width}} | {line}" if width else line)


def _follow(chosen: dict[str, Path], width: int) -> None:
    files: dict[str, BinaryIO] = {}
    for name, path in chosen.items():
        files[name] = path.open("rb")
        files[name].seek(0, 2)
    while True:
        quiet = True
        for name, file in files.items():
            for line in file:
                quiet = False
                _say(name, line.decode(errors="replace").rstrip("\n"), width)
            if file.tell() > chosen[name].stat().st_size:
                file.seek(0)
        sys.stdout.flush()
        if quiet:
            time.sleep(0.2)
