"""The report: a CSV file with a line for each thing to tell of a row."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path

from embedded.importing.rows import Remark


def write_report(path: Path, remarks: Iterable[Remark]) -> int:
    """Write the remarks in order of line.

    Returns:
        How many there are.
    """
    ordered = sorted(remarks, key=lambda remark: (remark.line, remark.outcome, remark.field))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.name for column in fields(Remark))
        writer.writerows(map(_safe, map(astuple, ordered)))
    return len(ordered)


def _safe(values: tuple[object, ...]) -> list[object]:
    """A cell that begins like a formula is one to a spreadsheet; a quote mark disarms it."""
    return [
        f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
        for value in values
    ]
