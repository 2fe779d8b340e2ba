"""Check the rows of an import one by one. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from chassis.problems import Problem
from marketplace.categories.lifecycle import read_path
from marketplace.items.requests import ImportRow
from marketplace.items.views import ImportedRow, RowProblem

_ROW: Final = TypeAdapter(ImportRow)


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """Rows by their number: those that are right by themselves, and verdicts on the others."""

    rows: dict[int, ImportRow] = field(default_factory=dict)
    paths: dict[int, tuple[str, ...]] = field(default_factory=dict)
    refused: dict[int, ImportedRow] = field(default_factory=dict)
    broken: dict[int, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """A hash of all rows, with cells instead of spots."""
        rows = {number: row.coarse() for number, row in self.rows.items()}
        # Refused rows are unchecked: JSON may hold what a stricter writer refuses.
        content = json.dumps(sorted({**rows, **self.broken}.items()), sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()


def refused_row(number: int, reference: str | None, problem: RowProblem) -> ImportedRow:
    """The verdict on a row that is not kept."""
    return ImportedRow.model_construct(
        row=number,
        external_ref=reference,
        outcome="refused",
        item_id=None,
        version=None,
        problem=problem,
    )


def check_rows(raw_rows: Sequence[Any]) -> CheckedRows:
    """Read each row; a reference that stands twice counts the first time only."""
    checked = CheckedRows()
    seen: dict[str, int] = {}
    for number, raw in enumerate(raw_rows):
        try:
            row = _ROW.validate_python(raw)
            path = read_path(row.category)
        except ValidationError as invalid:
            problem = RowProblem.of_fields(invalid)
        except Problem as broken:
            problem = RowProblem.of(broken)
        else:
            first = seen.setdefault(row.external_ref, number)
            if first == number:
                checked.rows[number] = row
                checked.paths[number] = path
                continue
            problem = RowProblem.repeated(first)
        checked.refused[number] = refused_row(number, _reference_in(raw), problem)
        checked.broken[number] = _without_spot(raw)
    return checked


def _without_spot(raw: Any) -> Any:
    """A row that is not kept, with no more of its spot than some kilometres."""
    if not isinstance(raw, dict):
        return raw
    spots = ("latitude", "longitude")
    return {name: str(value)[:4] if name in spots else value for name, value in raw.items()}


def _reference_in(raw: Any) -> str | None:
    """What a refused row calls itself, if that can be shown."""
    reference = raw.get("external_ref") if isinstance(raw, dict) else None
    return reference[:128] if isinstance(reference, str) and reference.isprintable() else None
