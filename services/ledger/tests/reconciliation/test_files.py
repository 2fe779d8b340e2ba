"""Statement files: what is read, and that a fault refuses the whole file, naming the place."""

import contextlib
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reconciliation.errors import OtherExternalAccount, StatementFileMalformed
from ledger.reconciliation.files.csv_file import Declared
from ledger.reconciliation.files.faults import LINES_MAX
from ledger.reconciliation.files.read import read_statements
from ledger.reconciliation.mapping import CsvMapping, minor_of
from ledger.reconciliation.models import FileStatement, Format, Setup

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<Stmt><Id>S-1</Id><Acct><Id><IBAN>DE02100500000054540402</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-19</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">87.50</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">20.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-20</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>pay 1</EndToEndId></Refs>
<RmtInf><Ustrd>thank you</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">32.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><DtTm>2026-11-20T09:00:00+01:00</DtTm></BookgDt><AcctSvcrRef>B9</AcctSvcrRef></Ntry>
<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>
<BookgDt><Dt>2026-11-20</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
MT940 = """{1:F01BANKDEFFXXXX0000000000}{4:
:20:STMT-7
:25:DE02100500000054540402
:28C:7/1
:60F:C261119EUR100,00
:61:2611201120C20,00NTRFPAY 1//BANK-1
thanks
:86:for the bicycle
and the lock
:61:2701020102RC7,5NCHGNONREF//BANK-2
:61:261120D25,NTRFX
:62F:C261120EUR87,50
-}
"""
CSV = """Day;Out;In;Ref;Text;Balance
20.11.2026;;1.020,00;a 1;hello;1.120,00
20.11.2026;32,50;;;;1.087,50
"""
MAPPING = CsvMapping(
    delimiter=";",
    decimal=",",
    thousands=".",
    date_form="DD.MM.YYYY",
    booked_on="Day",
    credit="In",
    debit="Out",
    reference="Ref",
    details=("Text",),
    balance="Balance",
)


def setup(mapping: CsvMapping | None = MAPPING, external: str = "", asset: str = "EUR") -> Setup:
    """How an account in EUR is reconciled."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return Setup(
        UUID(int=1), 1, asset, "c", False, external, mapping, (), None, "reference", 0, "",
        UUID(int=2), now,
    )  # fmt: skip


def read(text: str | bytes, file_format: Format, **options: Any) -> list[FileStatement]:
    """Read a file."""
    content = text.encode() if isinstance(text, str) else text
    declared = options.pop("declared", Declared())
    return read_statements(content, file_format, setup(**options), declared)


def refused(text: str | bytes, file_format: Format, **options: Any) -> tuple[Any, Any, Any]:
    """Line, field and rule of the first fault."""
    with pytest.raises(StatementFileMalformed) as caught:
        read(text, file_format, **options)
    first = caught.value.facts["errors"][0]
    return first["line"], first["field"], first["rule"]


def test_camt053_is_read_as_the_bank_means_it() -> None:
    """Credit is positive, debit negative; what is only pending is no line."""
    [one] = read(CAMT, "camt.053")
    assert (one.opening_minor, one.closing_minor, one.statement_ref) == (10000, 8750, "S-1")
    assert one.external_account == "DE02100500000054540402"
    assert [(line.amount_minor, line.reference) for line in one.lines] == [
        (2000, "PAY1"),
        (-3250, "B9"),
    ]
    assert one.lines[0].details == "thank you"
    assert (one.opened_on, one.closed_on) == (date(2026, 11, 20), date(2026, 11, 20))


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_every_version_of_camt053_is_read(version: str) -> None:
    """Banks move at their own pace."""
    assert len(read(CAMT.replace("001.08", f"001.{version}"), "camt.053")[0].lines) == 2


def test_a_batch_of_payments_in_camt053_is_named_by_its_batch() -> None:
    """One of the payments' references would name the wrong thing."""
    details = "<TxDtls><Refs><EndToEndId>pay 1</EndToEndId></Refs>"
    batch = CAMT.replace(
        f"<NtryDtls>{details}",
        "<NtryDtls><Btch><PmtInfId>batch 9</PmtInfId></Btch><TxDtls/>" + details,
    )
    assert read(batch, "camt.053")[0].lines[0].reference == "BATCH9"


def test_mt940_is_read_as_the_bank_means_it() -> None:
    """A reversed credit is negative; the booking day may lie in the year before the value day."""
    [one] = read(MT940, "mt940")
    assert [(line.line, line.amount_minor, line.reference) for line in one.lines] == [
        (6, 2000, "PAY1"),
        (10, -750, "BANK-2"),
        (11, -2500, "X"),
    ]
    assert one.lines[0].details == "thanks for the bicycle and the lock"
    turned = MT940.replace(":61:2701020102RC", ":61:2701021231RC")
    assert read(turned, "mt940")[0].lines[1].booked_on == date(2026, 12, 31)


def test_csv_is_read_by_its_declared_columns() -> None:
    """Balances come from the balance column, or are declared with the upload."""
    [one] = read(CSV, "csv")
    assert (one.opening_minor, one.closing_minor) == (10000, 108750)
    assert [line.amount_minor for line in one.lines] == [102000, -3250]
    header, first, second, _ = CSV.split("\n")
    plain = MAPPING.model_copy(update={"balance": None, "newest_first": True})
    declared = Declared(10000, 108750)
    [one] = read(f"{header}\n{second}\n{first}\n", "csv", mapping=plain, declared=declared)
    assert [line.amount_minor for line in one.lines] == [102000, -3250]


CSV_FAULTS = [
    (CSV.replace("20.11.2026;32", "31.11.2026;32"), (3, "Day", "date")),
    (CSV.replace("20.11.2026;32", "2026-11-20;32"), (3, "Day", "date")),
    (CSV.replace("32,50", "32,505"), (3, "In", "amount")),
    (CSV.replace("32,50", "1e3"), (3, "In", "amount")),
    (CSV.replace("32,50", "NaN"), (3, "In", "amount")),
    (CSV.replace("32,50", "0,00"), (3, "In", "amount")),
    (CSV.replace(";32,50;;", ";32,50;1,00;"), (3, "In", "amount")),
    (CSV.replace("Ref", "Reference"), (1, "Ref", "column")),
    (CSV.replace("Text", "Ref"), (1, "Ref", "column")),
    (CSV.replace("hello;", "hello;;"), (2, "file", "columns")),
    (CSV.replace("1.087,50", "1.087,51"), (3, "Balance", "balance")),
    (CSV.encode() + b"\xff", (4, "file", "encoding")),
    ('"' + CSV, (3, "file", "csv")),
    ("", (1, "Day", "column")),
]


@pytest.mark.parametrize(("text", "expected"), CSV_FAULTS)
def test_a_fault_in_csv_names_line_field_and_rule(text: str, expected: tuple[Any, ...]) -> None:
    """An operator finds the place without reading our code."""
    assert refused(text, "csv") == expected


MT940_FAULTS = [
    (MT940.replace(":20:STMT-7\n", ""), (2, "25", "order")),
    (MT940.replace("C20,00", "C20.00"), (6, "61", "amount")),
    (MT940.replace("C20,00", "C20,005"), (6, "61", "amount")),
    (MT940.replace("C20,00", "C0,00"), (6, "61", "amount")),
    (MT940.replace("C20,00", "X20,00"), (6, "61", "form")),
    (MT940.replace(":61:261120D", ":61:261320D"), (11, "61", "date")),
    (MT940.replace("C261119EUR", "C261119USD"), (5, "60F", "asset")),
    (MT940.replace(":62F:C261120EUR87,50", ""), (2, "62F", "required")),
    (MT940.replace("87,50", "87,51"), (2, "closing", "adds_up")),
    (MT940.replace(":28C:7/1", ":99X:7/1"), (4, "99X", "known")),
    ("a,b\n1,2\n", (1, "file", "field")),
    ("", (1, "20", "required")),
]


@pytest.mark.parametrize(("text", "expected"), MT940_FAULTS)
def test_a_fault_in_mt940_names_line_field_and_rule(text: str, expected: tuple[Any, ...]) -> None:
    """Nothing that the grammar does not know is passed over in silence."""
    assert refused(text, "mt940") == expected


BOMB = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>"""
CAMT_FAULTS = [
    (CAMT.replace('<?xml version="1.0" encoding="UTF-8"?>', BOMB), (1, "file", "xml")),
    (CAMT.replace('<?xml version="1.0" encoding="UTF-8"?>', OUTSIDE), (1, "file", "xml")),
    (CAMT.replace("</Stmt>", ""), (15, "file", "xml")),
    (CAMT.replace("camt.053.001", "camt.052.001"), (1, "Document", "namespace")),
    (CAMT.replace('"EUR">20.00', '"USD">20.00'), (1, "Amt", "asset")),
    (CAMT.replace(">20.00", ">20.005"), (1, "Amt", "amount")),
    (CAMT.replace(">20.00", ">-20.00"), (1, "CdtDbtInd", "known")),
    (
        CAMT.replace("DBIT</CdtDbtInd><Sts>BOOK", "X</CdtDbtInd><Sts>BOOK"),
        (2, "CdtDbtInd", "known"),
    ),
    (CAMT.replace("CLBD", "CLAV"), (3, "Bal", "required")),
    (CAMT.replace("87.50", "87.51"), (1, "closing", "adds_up")),
    (CAMT.replace("UTF-8", "U-TF-8"), (1, "file", "encoding")),
    ("<a>" * 60, (1, "Document", "namespace")),
    ("", (1, "file", "xml")),
]


@pytest.mark.parametrize(("text", "expected"), CAMT_FAULTS)
def test_a_fault_in_camt053_names_entry_field_and_rule(
    text: str, expected: tuple[Any, ...]
) -> None:
    """XML that could expand or reach outside is refused as such."""
    assert refused(text, "camt.053") == expected


def test_statements_of_a_file_continue_each_other() -> None:
    """A page that is missing in the middle refuses the file."""
    second = MT940.replace("C261119EUR100,00", "C261120EUR87,50").replace(
        "C261120EUR87,50\n-", "C261120EUR75,00\n-"
    )
    assert len(read(MT940 + second, "mt940")) == 2
    assert refused(MT940 + MT940, "mt940")[1:] == ("opening", "continues")


def test_a_file_about_another_account_is_refused() -> None:
    """The setup says which one it must be about."""
    assert read(MT940, "mt940", external="DE02 1005 0000 0054 5404 02")
    with pytest.raises(OtherExternalAccount):
        read(MT940, "mt940", external="DE99")


def test_too_many_lines_are_refused() -> None:
    """One more than the limit refuses all of them."""
    rows = "20.11.2026;;1,00;;;\n" * (LINES_MAX + 1)
    plain = MAPPING.model_copy(update={"balance": None})
    text = CSV.split("\n", maxsplit=1)[0] + "\n" + rows
    assert refused(text, "csv", mapping=plain)[1:] == ("file", "size")


@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)), st.integers(0, 600)
)
def test_whatever_comes_is_read_or_refused(noise: bytes, place: int) -> None:
    """Noise in a file never raises anything but a problem."""
    formats: tuple[tuple[Format, str], ...] = (("csv", CSV), ("camt.053", CAMT), ("mt940", MT940))
    for file_format, good in formats:
        content = good.encode()
        for broken in (noise, content[:place] + noise + content[place:], content[:place]):
            with contextlib.suppress(StatementFileMalformed, OtherExternalAccount):
                read(broken, file_format)


@given(st.integers(-(10**30), 10**30), st.integers(0, 18))
def test_an_amount_is_read_exactly(minor: int, scale: int) -> None:
    """Every digit survives, whatever the size."""
    digits = str(abs(minor)).rjust(scale + 1, "0")
    cut = len(digits) - scale
    text = ("-" if minor < 0 else "") + digits[:cut] + ("." + digits[cut:] if scale else "")
    assert minor_of(text, scale) == minor
