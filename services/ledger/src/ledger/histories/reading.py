"""Rows of a file, one after another: CSV with a header, or JSON Lines. Never all at once."""

import csv
import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.histories.models import Raw

_JSON_LINES: Final = frozenset({".jsonl", ".ndjson", ".json"})


def hash_file(path: Path) -> bytes:
    """SHA-256 of a file: names its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def count_lines(path: Path) -> int:
    """About how many rows a file has."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def read_batches(path: Path, done: int, size: int) -> Iterator[tuple[int, list[Raw]]]:
    """Batches of rows behind those that are done, each with the number of its first row, from 1.

    Args:
        path: The file; a row that is broken comes with its fault.
        done: Rows to leave out.
        size: Rows in a batch.
    """
    rows = _read_json_lines(path) if path.suffix.lower() in _JSON_LINES else _read_csv(path)
    fresh = islice(rows, done, None)
    first = done + 1
    while batch := list(islice(fresh, size)):
        yield first, batch
        first += len(batch)


def _read_csv(path: Path) -> Iterator[Raw]:
    # Bytes that are no UTF-8 come through as surrogates, so that only their row is refused.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                yield Raw(line, {}, str(error))
                continue
            if fields is None:
                return
            yield _csv_row(line, header, fields)


def _csv_row(line: int, header: list[str], fields: list[str]) -> Raw:
    if len(fields) != len(header):
        return Raw(line, {}, f"{len(fields)} fields, the header has {len(header)}")
    if not "".join(fields).isprintable() and any(
        "\udc80" <= c <= "\udcff" for c in "".join(fields)
    ):
        return Raw(line, {}, "this is no UTF-8")
    return Raw(line, dict(zip(header, fields, strict=True)))


def _read_json_lines(path: Path) -> Iterator[Raw]:
    with path.open("rb") as file:
        for line, text in enumerate(file, 1):
            if text.isspace():
                continue
            yield _json_row(line, text)


def _json_row(line: int, text: bytes) -> Raw:
    try:
        values: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Raw(line, {}, str(error))
    return Raw(line, values) if isinstance(values, dict) else Raw(line, {}, "a row is an object")
