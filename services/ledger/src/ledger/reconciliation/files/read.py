"""Read a file of any known format, and check what no format checks. Pure."""

from typing import Final

from contracts.money import SCALES
from ledger.reconciliation.errors import OtherExternalAccount
from ledger.reconciliation.files.camt053 import read_camt053
from ledger.reconciliation.files.csv_file import Declared, read_csv
from ledger.reconciliation.files.faults import BYTES_MAX, refuse
from ledger.reconciliation.files.mt940_file import read_mt940
from ledger.reconciliation.models import FileStatement, Format, Setup
from ledger.reconciliation.rules import normalise

STATEMENTS_MAX: Final = 400


def read_statements(
    content: bytes, file_format: Format, setup: Setup, declared: Declared
) -> list[FileStatement]:
    """The statements of a file, in order; each adds up, and continues the one before it.

    Raises:
        StatementFileMalformed: Line, field and rule of the first faults.
        OtherExternalAccount: The file is about another account at the bank.
    """
    if len(content) > BYTES_MAX:
        raise refuse(1, "file", "size", f"at most {BYTES_MAX} bytes")
    asset, scale = setup.asset, SCALES[setup.asset]
    if file_format == "csv":
        if setup.csv_mapping is None:
            raise refuse(1, "csv_mapping", "required", "declare the columns in the account's setup")
        found = [read_csv(content, setup.csv_mapping, declared, asset=asset, scale=scale)]
    else:
        read = read_camt053 if file_format == "camt.053" else read_mt940
        found = read(content, asset=asset, scale=scale)
    if not found or len(found) > STATEMENTS_MAX:
        raise refuse(1, "file", "size", f"a file has 1 to {STATEMENTS_MAX} statements")
    _check(found, setup)
    return found


def _check(found: list[FileStatement], setup: Setup) -> None:
    closing: int | None = None
    wanted = normalise(setup.external_account)
    for number, one in enumerate(found, 1):
        if wanted and one.external_account and normalise(one.external_account) != wanted:
            raise OtherExternalAccount(
                f"statement {number} is about {one.external_account}, the setup says "
                f"{setup.external_account}"
            )
        if not wanted and one.external_account != found[0].external_account:
            raise refuse(one.line, "account", "single", "a file is about one account")
        total = sum(line.amount_minor for line in one.lines)
        if one.opening_minor + total != one.closing_minor:
            off = one.closing_minor - one.opening_minor - total
            raise refuse(
                one.line,
                "closing",
                "adds_up",
                f"statement {number}: opening and lines do not make the closing balance; "
                f"{off} minor units are missing",
            )
        if closing is not None and one.opening_minor != closing:
            raise refuse(
                one.line,
                "opening",
                "continues",
                f"statement {number} does not open with what the one before it closed with",
            )
        closing = one.closing_minor
