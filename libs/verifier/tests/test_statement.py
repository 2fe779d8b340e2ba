"""Statements of account: whole and right, or why not."""

from hashlib import sha256
from pathlib import Path

import pytest

from localex_verifier import Wrong, parse_key, verify_statement
from localex_verifier.cli import main

DATA = Path(__file__).parent / "data"
ACCOUNT = "01934d2e-0000-7000-8000-000000000001"
TRANSFER = "01934d2e-0000-7000-8000-000000000002"
FROM, TO, KNOWN = "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z"
AT = "2026-11-05T10:00:00Z"
HUGE = "123456789012345678901234567890123456.01"


def make(
    opening: str, amount: str, closing: str, *, checkpoint: str = "none was signed yet"
) -> str:
    """A statement with one entry, written by hand."""
    told = (
        "localex-statement-v1\n"
        f"account\t{ACCOUNT}\tLXC\nfrom\t{FROM}\nto\t{TO}\nknown\t{KNOWN}\nopening\t{opening}\n"
        f"entry\t1\t{AT}\t{AT}\t{TRANSFER}\ttransfer\t{amount}\t{closing}\n"
        f"closing\t{closing}\t1\n"
    )
    digest = sha256(told.encode()).hexdigest()
    return "\r\n".join(
        [
            "line,seq,effective_at,posted_at,transfer_id,kind,counterparty,memo,amount,balance,asset",
            f'opening,,{FROM},{KNOWN},,,,"account {ACCOUNT}, MAIN in riverside",,{opening},LXC',
            f'entry,1,{AT},{AT},{TRANSFER},transfer,Ana,"two\nlines",{amount},{closing},LXC',
            f"closing,,{TO},{KNOWN},,,,1 entries,{amount},{closing},LXC",
            f"digest,,,,,,,sha256:{digest},,,",
            f'checkpoint,,,,,,,"{checkpoint}",,,',
            "",
        ]
    )


GOOD = make("1.00", "-0.25", "0.75")


def test_a_whole_statement_adds_up() -> None:
    """What it shows by itself, and what it cannot show."""
    report = verify_statement(GOOD)
    assert "Opening 1.00 LXC and 1 entries make closing 0.75 LXC" in report.proven[0]
    assert f"as known at {KNOWN}" in report.unproven[0]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("-0.25,0.75", "-0.35,0.75", "does not continue"),
        (f",{TRANSFER},", f",{ACCOUNT},", "the digest"),
        ("transfer,Ana", "refund,Ana", "the digest"),
        (f"entry,1,{AT}", f"entry,1,{FROM}", "the digest"),
        ("closing,,", "entry,,", "not whole"),
        ("counterparty", "with", "the columns"),
        ("-0.25", "-0.2x", "is no amount"),
        (f"account {ACCOUNT}", "account of Ana", "does not name the account"),
    ],
)
def test_what_was_changed_is_found(old: str, new: str, why: str) -> None:
    """Each figure is held by the sums or by the digest."""
    with pytest.raises(Wrong, match=why):
        verify_statement(GOOD.replace(old, new))


def test_half_a_file_is_none() -> None:
    """A file that was broken off lacks its end."""
    with pytest.raises(Wrong, match="not whole"):
        verify_statement("\r\n".join(GOOD.split("\r\n")[:-3]))


def test_large_sums_are_not_rounded() -> None:
    """Forty digits: one hundredth more is seen."""
    assert verify_statement(make("0.00", HUGE, HUGE)).proven
    with pytest.raises(Wrong, match="does not continue"):
        verify_statement(make("0.01", HUGE, HUGE))


def test_the_checkpoint_it_names_is_verified() -> None:
    """With the log's key it is known who signed; without it, it is said that nobody checked."""
    signed = make("1.00", "-0.25", "0.75", checkpoint=(DATA / "checkpoint-9.txt").read_text())
    key = parse_key((DATA / "log.pub").read_text())
    assert "of 9 entries, signed by" in verify_statement(signed, keys=[key]).proven[1]
    assert "none of the keys" in verify_statement(signed).unproven[1]


@pytest.mark.parametrize(("text", "code"), [(GOOD, 2), (GOOD.replace("0.75", "0.85"), 1)])
def test_the_command_takes_statements(tmp_path: Path, text: str, code: int) -> None:
    """It ends as it does for receipts: what nobody can show offline is not called proven."""
    path = tmp_path / "statement.csv"
    path.write_bytes(text.encode())
    assert main([str(path)]) == code
