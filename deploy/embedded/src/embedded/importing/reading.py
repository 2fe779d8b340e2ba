"""Read a file of records: CSV with a header, or JSON Lines."""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_JSON_LINES: Final = frozenset({".jsonl", ".ndjson", ".json"})
_SURPLUS: Final = "\x00surplus"


class Unreadable(ValueError):
    """The file as a whole can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands in the file.

    Attributes:
        line: Where it begins, counted from 1.
        values: Text by column; empty when `fault` is set.
        fault: Why it can't be used, as (rule, message).
    """

    line: int
    values: dict[str, str]
    fault: tuple[str, str] | None = None


def digest_of(path: Path) -> str:
    """SHA-256 of the file: names its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_records(path: Path) -> list[Record]:
    """Read all records; one that is broken harms no other.

    Raises:
        Unreadable: No such file, an empty one, or one without columns.
    """
    if not path.is_file():
        raise Unreadable(f"{path} is no file")
    if path.suffix.lower() in _JSON_LINES:
        records = list(_read_json_lines(path))
    else:
        records = list(_read_csv(path))
    if not records:
        raise Unreadable(f"{path} has no records")
    return records


def columns_of(records: list[Record]) -> list[str]:
    """Every column, in order of appearance."""
    return list(dict.fromkeys(name for record in records for name in record.values))


def _read_csv(path: Path) -> Iterator[Record]:
    # Bytes that are no UTF-8 come through as surrogates, so that only their record is refused.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.DictReader(file, restkey=_SURPLUS, strict=True)
        if not reader.fieldnames:
            raise Unreadable(f"{path} has no header line")
        ended_at = reader.line_num
        while True:
            line = ended_at + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(line, {}, ("csv", str(error)))
            else:
                yield _csv_record(line, values, len(reader.fieldnames))
            ended_at = reader.line_num


def _csv_record(line: int, values: dict[str, str | None], columns: int) -> Record:
    if _SURPLUS in values:
        return Record(line, {}, ("columns", f"more than the header's {columns} columns"))
    if any(value is None for value in values.values()):
        return Record(line, {}, ("columns", f"fewer than the header's {columns} columns"))
    return _checked(line, {name: value or "" for name, value in values.items()})


def _read_json_lines(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                value = json.loads(text, parse_float=str, parse_int=str)
            except ValueError as error:
                yield Record(line, {}, ("json", str(error)))
                continue
            if not isinstance(value, dict):
                yield Record(line, {}, ("json", "a line holds one object"))
                continue
            yield _checked(line, {name: _as_text(item) for name, item in value.items()})


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _checked(line: int, values: dict[str, str]) -> Record:
    for name, value in values.items():
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            return Record(line, {}, ("encoding", f"{name} holds bytes that are not UTF-8"))
    return Record(line, values)
