"""A catalogue imported by the command, twice: what it tells, and what search says of it."""

import csv
import re
from pathlib import Path
from typing import Any, Final

from bench.system.commands import CommandFailed, localex
from embedded.connecting import Gateway, LogIn, log_in
from embedded.importing.upload import count_found

_STORED: Final = re.compile(
    r"(?P<rows>\d+) rows in (?P<stored_s>[\d.]+) s: (?P<created>\d+) created, "
    r"(?P<updated>\d+) updated, (?P<unchanged>\d+) unchanged, (?P<refused>\d+) refused, "
    r"(?P<cleaned>\d+) cleaned"
)
_FOUND: Final = re.compile(r"Search finds the \d+ new ones (?P<seconds>[\d.]+) s after")


def run_import(file: Path, data: Path, report: Path) -> dict[str, Any]:
    """Run `localex import items` once.

    Returns:
        What it told, and `command_s`, the command from beginning to end.

    Raises:
        CommandFailed: It told something else.
    """
    ended = localex("import", "items", file, "--report", report, data=data)
    return read_told(ended.said) | {"command_s": round(ended.seconds, 1)}


def read_told(said: str) -> dict[str, Any]:
    """What an import has told.

    Returns:
        Counts of rows, `stored_s` from its beginning to the last row's answer, and
        `found_after_last_row_s`, nothing when search did not find all in a minute.

    Raises:
        CommandFailed: These are not its words.
    """
    stored, found = _STORED.search(said), _FOUND.search(said)
    if stored is None:
        raise CommandFailed(f"the import told no counts: {said}")
    counts = {name: int(n) for name, n in stored.groupdict().items() if name != "stored_s"}
    return counts | {
        "stored_s": float(stored["stored_s"]),
        "found_after_last_row_s": float(found["seconds"]) if found else None,
    }


def count_explained(report: Path) -> int:
    """Refused rows of a report for which it names a field, a rule and a message."""
    with report.open(encoding="utf-8", newline="") as file:
        told = [line for line in csv.DictReader(file) if line["outcome"] == "refused"]
    return len(
        {one["line"] for one in told if one["field"] and one["rule"] and one["message"].strip()}
    )


async def count_listed(gateway: Gateway, seller: LogIn) -> int | None:
    """How many of a seller's listings search finds."""
    async with gateway.open() as client:
        await log_in(client, seller)
        return await count_found(client)
