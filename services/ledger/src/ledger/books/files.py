"""Rows in files: JSON Lines or Parquet, written and read a page at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, Protocol, get_args

import orjson

from ledger.books.errors import NotAnExport, bad_row
from ledger.books.tables import Column, Line, Shape

type FileFormat = Literal["jsonl", "parquet"]
FORMATS: Final[tuple[str, ...]] = get_args(FileFormat.__value__)
PAGE: Final = 5_000
#: Decimals of 128 bits have 38 digits.
_DIGITS_MAX: Final = 38


class Writer(Protocol):
    """Takes pages of one table."""

    def write(self, rows: list[Line], lines: bytes) -> None:
        """Write a page: as rows, and as the canonical lines of the same rows."""


@contextmanager
def open_writer(path: Path, shape: Shape, file_format: str) -> Iterator[Writer]:
    """A file that is there under its name only when it is whole.

    Args:
        path: Where it is to be.
        shape: The table.
        file_format: `jsonl` or `parquet`.
    """
    partial = path.with_name(f".{path.name}.partial")
    with (_open_parquet if file_format == "parquet" else _open_lines)(partial, shape) as writer:
        yield writer
    partial.replace(path)


class _Lines:
    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, rows: list[Line], lines: bytes) -> None:
        del rows
        self._file.write(lines)


@contextmanager
def _open_lines(path: Path, shape: Shape) -> Iterator[Writer]:
    del shape
    with path.open("wb") as file:
        yield _Lines(file)


class _Parquet:
    def __init__(self, writer: Any, shape: Shape) -> None:
        self._writer, self._shape = writer, shape

    def write(self, rows: list[Line], lines: bytes) -> None:
        import pyarrow as pa

        del lines
        columns = [
            pa.array(column, pa.string()).cast(_arrow_type(described))
            for column, described in zip(zip(*rows, strict=True), self._shape.columns, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(columns, names=self._shape.names))


@contextmanager
def _open_parquet(path: Path, shape: Shape) -> Iterator[Writer]:
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(column.name, _arrow_type(column)) for column in shape.columns])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        yield _Parquet(writer, shape)


def _arrow_type(column: Column) -> Any:
    """Types that analysts expect, where each text of ours comes back as it was."""
    import pyarrow as pa

    if column.type.endswith("[]"):
        return pa.string()
    kind, _, digits = column.type.partition("(")
    if kind == "timestamp with time zone":
        return pa.timestamp("us", tz="UTC")
    if kind == "numeric" and digits and int(digits.split(",")[0]) <= _DIGITS_MAX:
        return pa.decimal128(int(digits.split(",")[0]), 0)
    plain = {
        "smallint": pa.int16(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "boolean": pa.bool_(),
    }
    return plain.get(kind, pa.string())


def read_pages(path: Path, shape: Shape, file_format: str) -> Iterator[tuple[int, list[Line]]]:
    """Pages of a file, each with the number of its first line (or row), from 1.

    Args:
        path: The file.
        shape: The table with the columns that the manifest names.
        file_format: `jsonl` or `parquet`.

    Raises:
        NotAnExport: The file is not there, or no Parquet.
        BadRow: A line is no JSON object of these columns.
    """
    if not path.is_file():
        raise NotAnExport(f"{path.name} is missing")
    yield from (_read_parquet if file_format == "parquet" else _read_lines)(path, shape)


def _read_lines(path: Path, shape: Shape) -> Iterator[tuple[int, list[Line]]]:
    names = shape.names
    page: list[Line] = []
    number = 0
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            page.append(_read_line(path.name, number, text, names))
            if len(page) == PAGE:
                yield number - PAGE + 1, page
                page = []
    if page:
        yield number - len(page) + 1, page


def _read_line(file: str, number: int, text: bytes, names: list[str]) -> Line:
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise bad_row(file, number, None, "json", f"this is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise bad_row(file, number, None, "object", "a row is a JSON object")
    for name in [*(row.keys() - set(names)), *(set(names) - row.keys())]:
        rule = "unknown" if name in row else "missing"
        raise bad_row(file, number, name, rule, f"the field is {rule}")
    for name, value in row.items():
        if value is not None and not isinstance(value, str):
            raise bad_row(file, number, name, "text", "every value is a text or null")
    return tuple(row[name] for name in names)


def _read_parquet(path: Path, shape: Shape) -> Iterator[tuple[int, list[Line]]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowException as error:
        raise NotAnExport(f"{path.name} is no Parquet file: {error}") from error
    with file:
        if file.schema_arrow.names != shape.names:
            raise NotAnExport(f"{path.name} has other columns than the manifest says")
        number = 1
        for batch in file.iter_batches(PAGE):
            columns = [_texts(column) for column in batch.columns]
            yield number, list(zip(*columns, strict=True))
            number += batch.num_rows


def _texts(column: Any) -> list[str | None]:
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_timestamp(column.type):
        column = compute.strftime(column, "%Y-%m-%dT%H:%M:%SZ")
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    return texts
