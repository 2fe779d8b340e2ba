"""camt.053 of ISO 20022, any version of it. Pure; XML without entities, read element by element."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import ParseError  # the error only; reading goes through defusedxml

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ledger.reconciliation.errors import StatementFileMalformed
from ledger.reconciliation.files.faults import LINES_MAX, clip, refuse
from ledger.reconciliation.mapping import minor_of
from ledger.reconciliation.models import FileLine, FileStatement
from ledger.reconciliation.rules import normalise

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053."
DEPTH_MAX: Final = 40
#: Where a bank repeats the reference that we gave, in order of trust.
_REFERENCES: Final = (
    "NtryDtls/TxDtls/Refs/EndToEndId",
    "NtryDtls/TxDtls/RmtInf/Strd/CdtrRefInf/Ref",
    "NtryDtls/TxDtls/Refs/InstrId",
    "NtryRef",
    "AcctSvcrRef",
)
#: Of an entry that books several payments at once: theirs would name one of them.
_BATCH_REFERENCES: Final = ("NtryDtls/Btch/PmtInfId", "NtryRef", "AcctSvcrRef")


def read_camt053(content: bytes, *, asset: str, scale: int) -> list[FileStatement]:
    """The statements of a camt.053 file.

    Raises:
        StatementFileMalformed: Line (of the statement's entry), field and rule of the first fault.
    """
    try:
        return list(_statements(content, asset, scale))
    except ParseError as error:
        line, _ = error.position
        raise refuse(line, "file", "xml", "it is no well-formed XML") from None
    except DefusedXmlException:
        raise refuse(1, "file", "xml", "entities and document types are refused") from None
    except (LookupError, ValueError):
        # What the XML declaration says of its encoding is unknown, or not true.
        raise refuse(1, "file", "encoding", "it has no encoding that can be read") from None


def _statements(content: bytes, asset: str, scale: int) -> Iterator[FileStatement]:
    """Each entry is read when it ends and then forgotten: memory does not grow with the tree."""
    path: list[Any] = []
    reader = _Reader(asset, scale)
    source = iterparse(
        io.BytesIO(content), events=("start", "end"), forbid_dtd=True, forbid_entities=True
    )
    for event, element in source:
        if event == "start":
            if not path and not element.tag.startswith(f"{{{NAMESPACE}"):
                raise refuse(1, "Document", "namespace", "it is no camt.053")
            path.append(element)
            if len(path) > DEPTH_MAX:
                raise refuse(1, "file", "depth", f"elements nest at most {DEPTH_MAX} deep")
            continue
        path.pop()
        name = _name(element)
        if name == "Ntry":
            reader.entry(element)
            element.clear()
        elif name == "Stmt":
            yield reader.statement(element)
            element.clear()
            reader = _Reader(asset, scale, reader.count)


class _Reader:
    """Collects one statement."""

    def __init__(self, asset: str, scale: int, count: int = 0) -> None:
        self.count = count
        self._asset = asset
        self._scale = scale
        self._lines: list[FileLine] = []

    def entry(self, entry: Any) -> None:
        """Take an entry, if it is booked: what is only announced is no line."""
        self.count += 1
        if self.count > LINES_MAX:
            raise refuse(self.count, "Ntry", "size", f"at most {LINES_MAX} entries")
        status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
        if status != "BOOK":
            return
        # Also of a reversal (RvslInd), CdtDbtInd is the direction in which this money moved.
        amount = self._amount(entry, self.count)
        if amount == 0:
            raise self._fault("Amt", "amount", "an entry of zero moves nothing")
        batch = len(_all(entry, "NtryDtls/TxDtls")) > 1
        paths = _BATCH_REFERENCES if batch else _REFERENCES
        references = (_text(entry, path) for path in paths)
        reference = next((r for r in references if r and r != "NOTPROVIDED"), "")
        details = clip(*_texts(entry, "NtryDtls/TxDtls/RmtInf/Ustrd"), _text(entry, "AddtlNtryInf"))
        booked_on = self._day(entry, "BookgDt") or self._day(entry, "ValDt")
        if booked_on is None:
            raise self._fault("BookgDt", "required", "an entry has a booking day")
        self._lines.append(FileLine(self.count, amount, booked_on, normalise(reference), details))

    def statement(self, statement: Any) -> FileStatement:
        """The statement with its balances."""
        balances = {
            _text(balance, "Tp/CdOrPrtry/Cd"): balance for balance in _all(statement, "Bal")
        }
        opening = next((balances[c] for c in ("OPBD", "PRCD") if c in balances), None)
        closing = balances.get("CLBD")
        if opening is None or closing is None:
            raise self._fault("Bal", "required", "a statement has booked balances OPBD and CLBD")
        days = [line.booked_on for line in self._lines]
        closed_on = self._day(closing, "Dt")
        if closed_on is None:
            raise self._fault("Bal/Dt", "required", "the closing balance has a day")
        begun = self._moment(_text(statement, "FrToDt/FrDtTm")) or min([*days, closed_on])
        return FileStatement(
            1,
            _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id"),
            clip(_text(statement, "Id")),
            self._amount(opening, 0),
            self._amount(closing, 0),
            min(begun, *days, closed_on),
            max([*days, closed_on]),
            tuple(self._lines),
        )

    def _amount(self, element: Any, place: int) -> int:
        found = _find(element, "Amt")
        if found is None or found.get("Ccy") != self._asset:
            raise self._fault("Amt", "asset", f"the account is in {self._asset}", place)
        try:
            amount = minor_of((found.text or "").strip(), self._scale)
        except ValueError as error:
            raise self._fault("Amt", "amount", str(error), place) from None
        side = _text(element, "CdtDbtInd")
        if side not in ("CRDT", "DBIT") or amount < 0:
            raise self._fault("CdtDbtInd", "known", "CRDT or DBIT, and no sign", place)
        return amount if side == "CRDT" else -amount

    def _day(self, element: Any, name: str) -> date | None:
        return self._moment(_text(element, f"{name}/Dt") or _text(element, f"{name}/DtTm"))

    def _moment(self, text: str) -> date | None:
        if not text:
            return None
        try:
            return datetime.fromisoformat(text).date()
        except ValueError:
            raise self._fault("Dt", "date", "a day has the form YYYY-MM-DD") from None

    def _fault(
        self, name: str, rule: str, message: str, place: int | None = None
    ) -> StatementFileMalformed:
        return refuse(self.count if place is None else place, name, rule, message)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: Any, path: str) -> list[Any]:
    found = [element]
    for part in path.split("/"):
        found = [child for one in found for child in one if _name(child) == part]
    return found


def _find(element: Any, path: str) -> Any:
    return next(iter(_all(element, path)), None)


def _texts(element: Any, path: str) -> list[str]:
    return [(one.text or "").strip() for one in _all(element, path)]


def _text(element: Any, path: str) -> str:
    return next(iter(_texts(element, path)), "")
