"""From a record to a listing as the API takes it. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from embedded.importing.cleaning import clean_text
from embedded.importing.mapping import FieldName, Mapping, Source
from embedded.importing.reading import Record

#: "1,299.00" with perhaps a currency before or after it.
_NUMBER: Final = re.compile(
    r"\D{0,5}?(?P<number>[0-9]{1,3}(?:,[0-9]{2,3})+|[0-9]+)(?P<part>\.[0-9]+)?\D{0,5}"
)
_DECIMALS: Final = frozenset({"price", "rating", "latitude", "longitude"})
_YES: Final = frozenset({"true", "yes", "y", "1"})
_NO: Final = frozenset({"false", "no", "n", "0"})
_REF_MAX: Final = 128


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell of a row."""

    line: int
    external_ref: str
    outcome: str
    field: str
    rule: str
    message: str


@dataclass(slots=True)
class Prepared:
    """Rows to send, and what there is to tell of the others."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    refused: int = 0
    cleaned: int = 0


class _Unfit(Exception):
    def __init__(self, name: str, rule: str, message: str) -> None:
        super().__init__(message)
        self.field = name
        self.rule = rule
        self.message = message


def prepare_rows(records: Iterable[Record], mapping: Mapping) -> Prepared:
    """Make rows of records; each that can't be used is refused with its reason."""
    prepared = Prepared()
    lines: dict[str, int] = {}
    for record in records:
        reference = "" if record.fault else reference_of(record, mapping)
        try:
            _check_record(record, reference, lines)
            lines[reference] = record.line
            row, cleaned = _make_row(record, mapping)
        except _Unfit as unfit:
            prepared.refused += 1
            prepared.remarks.append(
                Remark(record.line, reference, "refused", unfit.field, unfit.rule, unfit.message)
            )
            continue
        prepared.rows.append((record.line, {"external_ref": reference, **row}))
        prepared.cleaned += bool(cleaned)
        prepared.remarks += [
            Remark(record.line, reference, "cleaned", name, rule, _CLEANED[rule])
            for name, rule in cleaned
        ]
    return prepared


def _check_record(record: Record, reference: str, lines: dict[str, int]) -> None:
    if record.fault:
        raise _Unfit("row", *record.fault)
    if reference in lines:
        message = f"line {lines[reference]} has the same external_ref, {reference}"
        raise _Unfit("external_ref", "repeated", message)


_CLEANED: Final = {
    "mojibake": "letters that a wrong encoding had broken were mended; look at it",
    "spaces": "non-breaking spaces became spaces",
}


def reference_of(record: Record, mapping: Mapping) -> str:
    """What names a record for ever: its own id, else a hash of its content."""
    source = mapping.fields.get("external_ref")
    own = clean_text(_join(record, source))[0] if source else ""
    if not own:
        content = json.dumps(record.values, sort_keys=True, ensure_ascii=False)
        own = hashlib.sha256(content.encode()).hexdigest()[:24]
    return (f"{mapping.namespace}:{own}" if mapping.namespace else own)[:_REF_MAX]


def _make_row(record: Record, mapping: Mapping) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    row: dict[str, Any] = {str(name): value for name, value in mapping.constants.items()}
    cleaned: list[tuple[str, str]] = []
    for name, source in mapping.fields.items():
        if name == "external_ref":
            continue
        value, rules = clean_text(_join(record, source))
        value = value.strip(source.strip) if source.strip else value
        # Categories repeat in every row: to tell it of each would drown the rest.
        cleaned += [(name, rule) for rule in rules if name != "category"]
        if value and value not in source.empty:
            row[name] = _typed(name, value, source)
    if "title" not in row:
        columns = ", ".join(mapping.fields["title"].columns)
        raise _Unfit("title", "empty", f"there is no title: {columns} is empty")
    if "quantity" in row:
        row["quantity"] = int(row["quantity"])
    if "accepts_gift_credits" in row:
        row["accepts_gift_credits"] = row["accepts_gift_credits"].casefold() in _YES
    return row, cleaned


def _join(record: Record, source: Source) -> str:
    if source.template is None:
        parts = [record.values.get(column, "").strip() for column in source.columns]
        return source.separator.join(part for part in parts if part)
    text = source.template
    for column, value in record.values.items():
        mark = f"{{{column}}}"
        if mark in text:
            if not value.strip():
                return ""
            text = text.replace(mark, value.strip())
    return text


def _typed(name: FieldName, value: str, source: Source) -> str:
    if name == "quantity":
        if not value.isascii() or not value.isdecimal():
            raise _Unfit(name, "number", "is no whole number")
        return value
    if name == "accepts_gift_credits" and value.casefold() not in _YES | _NO:
        raise _Unfit(name, "yes_or_no", f"{value[:40]!r} is neither yes nor no")
    if name not in _DECIMALS:
        return value
    return _number(name, value, source)


def _number(name: str, value: str, source: Source) -> str:
    if name in ("latitude", "longitude"):
        return value
    found = _NUMBER.fullmatch(value)
    if found is None or "-" in value:
        raise _Unfit(name, "number", f"{value[:40]!r} can't be read as a number")
    number = Decimal(found["number"].replace(",", "") + (found["part"] or ""))
    if source.scale is not None:
        number *= Decimal(source.scale)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
