"""CSV with a declared mapping. Pure."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ledger.reconciliation.files.faults import LINES_MAX, Faults, clip, refuse
from ledger.reconciliation.mapping import CsvMapping
from ledger.reconciliation.models import FileLine, FileStatement
from ledger.reconciliation.rules import normalise


@dataclass(frozen=True, slots=True)
class Declared:
    """What a CSV file does not say itself, in the bank's sign."""

    opening_minor: int | None = None
    closing_minor: int | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    line: FileLine
    balance_minor: int | None


def read_csv(
    content: bytes, mapping: CsvMapping, declared: Declared, *, asset: str, scale: int
) -> FileStatement:
    """The one statement of a CSV file.

    Raises:
        StatementFileMalformed: Line, field and rule of the first faults.
    """
    try:
        text = content.decode(mapping.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(line, "file", "encoding", f"it is not {mapping.encoding}") from None
    faults = Faults()
    rows = list(_rows(text, mapping, asset, scale, faults))
    if faults.count:
        raise faults.problem()
    if mapping.newest_first:
        rows.reverse()
    return _statement(rows, mapping, declared)


def _rows(text: str, mapping: CsvMapping, asset: str, scale: int, faults: Faults) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        places = _places(header, mapping)
        count = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > LINES_MAX:
                raise refuse(reader.line_num, "file", "size", f"at most {LINES_MAX} lines")
            if len(cells) != len(header):
                message = f"{len(cells)} columns, the header has {len(header)}"
                faults.add(reader.line_num, "file", "columns", message)
                continue
            named = {name: cells[place].strip() for name, place in places.items()}
            if row := _row(reader.line_num, named, mapping, asset, scale, faults):
                yield row
    except csv.Error as error:
        raise refuse(reader.line_num, "file", "csv", str(error)) from None


def _places(header: list[str], mapping: CsvMapping) -> dict[str, int]:
    faults = Faults()
    for name in mapping.columns():
        if header.count(name) != 1:
            faults.add(1, name, "column", f"the header has it {header.count(name)} times")
    if faults.count:
        raise faults.problem()
    return {name: header.index(name) for name in mapping.columns()}


def _row(
    line: int, cells: dict[str, str], mapping: CsvMapping, asset: str, scale: int, faults: Faults
) -> _Row | None:
    before = faults.count
    booked_on, amount, balance = date.min, 0, None
    try:
        booked_on = mapping.read_date(cells[mapping.booked_on])
    except ValueError as error:
        faults.add(line, mapping.booked_on, "date", str(error))
    name = mapping.amount or mapping.credit or ""
    try:
        amount = _amount(cells, mapping, scale)
    except ValueError as error:
        faults.add(line, name, "amount", str(error))
    else:
        if amount == 0:
            faults.add(line, name, "amount", "a line of zero moves nothing")
    if mapping.balance:
        try:
            balance = mapping.read_amount(cells[mapping.balance], scale)
        except ValueError as error:
            faults.add(line, mapping.balance, "amount", str(error))
    if mapping.currency and cells[mapping.currency] != asset:
        faults.add(line, mapping.currency, "asset", f"the account is in {asset}")
    if faults.count > before:
        return None
    reference = normalise(cells[mapping.reference]) if mapping.reference else ""
    details = clip(*(cells[name] for name in mapping.details))
    return _Row(FileLine(line, amount, booked_on, reference, details), balance)


def _amount(cells: dict[str, str], mapping: CsvMapping, scale: int) -> int:
    if mapping.amount:
        return mapping.read_amount(cells[mapping.amount], scale)
    credit, debit = cells[mapping.credit or ""], cells[mapping.debit or ""]
    if bool(credit) == bool(debit):
        raise ValueError("one of credit and debit is given")
    if credit:
        return mapping.read_amount(credit, scale)
    return -abs(mapping.read_amount(debit, scale))


def _statement(rows: list[_Row], mapping: CsvMapping, declared: Declared) -> FileStatement:
    opening, closing = declared.opening_minor, declared.closing_minor
    if mapping.balance and rows:
        opening = _running(rows, mapping.balance) if opening is None else opening
        closing = rows[-1].balance_minor if closing is None else closing
    if opening is None or closing is None:
        message = "say opening and closing with the upload, or map a balance column"
        raise refuse(1, "opening", "required", message)
    days = [row.line.booked_on for row in rows]
    if not days and declared.closed_on is None:
        raise refuse(1, "closed_on", "required", "a file without lines does not say its day")
    closed_on = declared.closed_on or max(days)
    return FileStatement(
        1,
        "",
        "",
        opening,
        closing,
        min([*days, closed_on]),
        max([*days, closed_on]),
        tuple(row.line for row in rows),
    )


def _running(rows: list[_Row], name: str) -> int:
    """The balance before the first row; each row's balance continues the one before."""
    opening = balance = (rows[0].balance_minor or 0) - rows[0].line.amount_minor
    faults = Faults()
    for row in rows:
        balance += row.line.amount_minor
        if balance != row.balance_minor:
            message = "the balance does not continue the row before (see newest_first)"
            faults.add(row.line.line, name, "balance", message)
            break
    if faults.count:
        raise faults.problem()
    return opening
