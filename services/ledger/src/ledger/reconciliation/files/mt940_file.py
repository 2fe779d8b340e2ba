"""MT940. Pure; the fields' grammar is the library's, their order and sums are checked here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from mt940.tags import BalanceBase, Statement

from ledger.reconciliation.errors import StatementFileMalformed
from ledger.reconciliation.files.faults import LINES_MAX, clip, refuse
from ledger.reconciliation.mapping import minor_of
from ledger.reconciliation.models import FileLine, FileStatement
from ledger.reconciliation.rules import normalise

_TAG: Final = re.compile(r"^:(\d{2}[A-Z]?|NS):(.*)$")
_ENVELOPE: Final = re.compile(r"^(\{[1-5]:.*|-\}?|\})$")
#: Fields that carry no booked money: statement number, balances to come, sums, free text.
_PASSED_OVER: Final = frozenset(
    {"21", "28", "28C", "64", "65", "13", "13D", "34F", "90D", "90C", "NS"}
)
#: The patterns only: the library's own parsing opens files and writes what it cannot read to logs.
_LINE: Final = Statement().re
_BALANCE: Final = BalanceBase().re
_AMOUNT: Final = re.compile(r"\d{1,14},\d*")
_SIGN: Final = {"C": 1, "RD": 1, "D": -1, "RC": -1}
_CENTURY: Final = 2000
_YEAR_TURN_DAYS: Final = 180


@dataclass(frozen=True, slots=True)
class _Field:
    line: int
    tag: str
    value: str


@dataclass(slots=True)
class _Draft:
    line: int
    account: str = ""
    reference: str = ""
    opening: tuple[int, date] | None = None
    closing: tuple[int, date] | None = None
    lines: list[FileLine] = field(default_factory=list)


def read_mt940(content: bytes, *, asset: str, scale: int) -> list[FileStatement]:
    """The statements of an MT940 file; pages of one statement (60M, 62M) are statements too.

    Raises:
        StatementFileMalformed: Line, field and rule of the first fault.
    """
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        # SWIFT's own set is a part of ASCII; what banks add to it is mostly this.
        text = content.decode("latin-1")
    found: list[FileStatement] = []
    draft: _Draft | None = None
    count = 0
    for one in _fields(text):
        if one.tag == "20":
            if draft is not None:
                found.append(_finish(draft))
            draft = _Draft(one.line, reference=clip(one.value))
            continue
        if draft is None:
            raise refuse(one.line, one.tag, "order", "a statement begins with field 20")
        count += one.tag == "61"
        if count > LINES_MAX:
            raise refuse(one.line, "61", "size", f"at most {LINES_MAX} lines")
        _take(draft, one, asset, scale)
    if draft is None:
        raise refuse(1, "20", "required", "it is no MT940: there is no field 20")
    return [*found, _finish(draft)]


def _fields(text: str) -> Iterator[_Field]:
    """Fields with the line where they begin; other lines continue the field before them."""
    tag, begun = "", 0
    value: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.rstrip()
        if match := _TAG.match(line):
            if tag:
                yield _Field(begun, tag, "\n".join(value))
            tag, begun, value = match[1], number, [match[2]]
        elif not line or _ENVELOPE.match(line):
            continue
        elif tag:
            value.append(line)
        else:
            raise refuse(number, "file", "field", "a line has the form :NN:text")
    if tag:
        yield _Field(begun, tag, "\n".join(value))


def _take(draft: _Draft, one: _Field, asset: str, scale: int) -> None:
    match one.tag:
        case "25" | "25P":
            draft.account = clip(one.value)
        case "60F" | "60M":
            draft.opening = _balance(one, asset, scale)
        case "62F" | "62M":
            draft.closing = _balance(one, asset, scale)
        case "61":
            if draft.opening is None or draft.closing is not None:
                raise refuse(one.line, "61", "order", "lines stand between fields 60 and 62")
            draft.lines.append(_line(one, scale))
        case "86":
            # After field 62 it tells of the whole statement, before any line of nothing.
            if draft.lines and draft.closing is None:
                last = draft.lines[-1]
                draft.lines[-1] = FileLine(
                    last.line,
                    last.amount_minor,
                    last.booked_on,
                    last.reference,
                    clip(last.details, one.value.replace("\n", " ")),
                )
        case tag if tag not in _PASSED_OVER:
            raise refuse(one.line, tag, "known", "the field is not one of MT940's")


def _line(one: _Field, scale: int) -> FileLine:
    match = _LINE.match(one.value)
    if match is None:
        raise _fault(one, "form", "a line has date, mark, amount, type and reference")
    part = match.groupdict()
    amount = _amount(one, part["amount"], scale) * _SIGN[part["status"].upper()]
    if amount == 0:
        raise _fault(one, "amount", "a line of zero moves nothing")
    value_day = _day(one, part["year"], part["month"], part["day"])
    own = (part["customer_reference"] or "").strip()
    theirs = (part["bank_reference"] or "").strip()
    reference = own if own and own.upper() != "NONREF" else theirs
    return FileLine(
        one.line,
        amount,
        _entry_day(one, value_day, part["entry_month"], part["entry_day"]),
        normalise(reference),
        clip(part["extra_details"]),
    )


def _entry_day(one: _Field, value_day: date, month: str | None, day: str | None) -> date:
    """The booking day, in the year that is nearest to the value day."""
    if not (month or "").strip() or not (day or "").strip():
        return value_day
    booked = _day(one, str(value_day.year - _CENTURY), str(month), str(day))
    apart = (booked - value_day).days
    turn = -1 if apart > _YEAR_TURN_DAYS else 1 if apart < -_YEAR_TURN_DAYS else 0
    return booked.replace(year=booked.year + turn) if turn else booked


def _balance(one: _Field, asset: str, scale: int) -> tuple[int, date]:
    match = _BALANCE.match(one.value)
    if match is None or match.end() != len(one.value):
        raise _fault(one, "form", "a balance has mark, date, currency and amount")
    part = match.groupdict()
    if part["currency"] != asset:
        raise _fault(one, "asset", f"the account is in {asset}")
    amount = _amount(one, part["amount"], scale) * _SIGN[part["status"].upper()]
    return amount, _day(one, part["year"], part["month"], part["day"])


def _amount(one: _Field, text: str, scale: int) -> int:
    if not _AMOUNT.fullmatch(text):
        raise _fault(one, "amount", "an amount has digits and one comma")
    try:
        return minor_of(text.replace(",", "."), scale)
    except ValueError as error:
        raise _fault(one, "amount", str(error)) from None


def _day(one: _Field, year: str, month: str, day: str) -> date:
    try:
        return date(_CENTURY + int(year), int(month), int(day))
    except ValueError:
        raise _fault(one, "date", "there is no such day") from None


def _finish(draft: _Draft) -> FileStatement:
    if draft.opening is None or draft.closing is None:
        missing = "60F" if draft.opening is None else "62F"
        raise refuse(draft.line, missing, "required", "a statement has fields 60 and 62")
    days = [line.booked_on for line in draft.lines]
    closed_on = draft.closing[1]
    return FileStatement(
        draft.line,
        draft.account,
        draft.reference,
        draft.opening[0],
        draft.closing[0],
        min([*days, closed_on]),
        max([*days, closed_on]),
        tuple(draft.lines),
    )


def _fault(one: _Field, rule: str, message: str) -> StatementFileMalformed:
    return refuse(one.line, one.tag, rule, message)
