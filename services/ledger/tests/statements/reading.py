"""Reads statements back as whoever gets them would: the CSV file, and the text of the PDF file."""

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from decimal import Decimal

from pypdf import PdfReader

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file, by line."""

    opening: dict[str, str]
    entries: list[dict[str, str]]
    closing: dict[str, str]
    digest: str
    checkpoint: str


def read_sheet(content: bytes) -> Sheet:
    """The file, whose lines come in the one order."""
    lines = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    kinds = [line["line"] for line in lines]
    assert kinds == ["opening", *["entry"] * (len(lines) - 4), "closing", "digest", "checkpoint"]
    return Sheet(lines[0], lines[1:-3], lines[-3], lines[-2]["memo"], lines[-1]["memo"])


def adds_up(sheet: Sheet) -> None:
    """Opening and entries make closing, and each balance follows from the one before."""
    running = Decimal(sheet.opening["balance"])
    for entry in sheet.entries:
        running += Decimal(entry["amount"])
        assert Decimal(entry["balance"]) == running
    assert Decimal(sheet.closing["balance"]) == running
    assert Decimal(sheet.closing["amount"]) == running - Decimal(sheet.opening["balance"])


def digest_of(sheet: Sheet) -> str:
    """The digest by the words of docs/concepts/statements.md, from the file alone."""
    opening, closing = sheet.opening, sheet.closing
    account = opening["memo"].split(" ")[1].rstrip(",")
    lines = [
        ("localex-statement-v1",),
        ("account", account, opening["asset"]),
        ("from", opening["effective_at"]),
        ("to", closing["effective_at"]),
        ("known", opening["posted_at"]),
        ("opening", opening["balance"]),
        *(
            (
                "entry",
                *(entry[name] for name in ("seq", "effective_at", "posted_at", "transfer_id")),
                *(entry[name] for name in ("kind", "amount", "balance")),
            )
            for entry in sheet.entries
        ),
        ("closing", closing["balance"], str(len(sheet.entries))),
    ]
    text = "".join("\t".join(line) + "\n" for line in lines)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A PDF file: its text, and the figures of its lines."""

    text: str
    pages: int
    digest: str


def read_paper(content: bytes) -> Paper:
    """The file as a reader shows it."""
    found = PdfReader(io.BytesIO(content))
    text = "\n".join(page.extract_text() for page in found.pages)
    digest = _DIGEST.search(text)
    assert digest is not None
    return Paper(text, len(found.pages), digest[0])


def figures(paper: Paper) -> list[tuple[Decimal, Decimal]]:
    """Amount and balance of each entry."""
    lines = re.findall(r"^(-?[0-9]+\.[0-9]{2})\n(-?[0-9]+\.[0-9]{2})$", paper.text, re.MULTILINE)
    return [(Decimal(amount), Decimal(balance)) for amount, balance in lines]
