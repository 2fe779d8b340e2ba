"""The digest of a statement: what it says in figures, whatever the form. Pure."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from contracts.money import render_amount
from ledger.statements.models import Facts, Row

FORMAT: Final = "localex-statement-v1"


def write_time(moment: datetime) -> str:
    """A time as statements show it: UTC, with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Digest:
    """SHA-256 over the lines of a statement, one after the other.

    Names and memos are not in it: who leaves is named no more, and the digest stays.
    """

    def __init__(self, facts: Facts) -> None:
        """Begin with what is above the entries."""
        self._facts = facts
        self._hash = hashlib.sha256()
        self._add(FORMAT)
        self._add("account", str(facts.account_id), facts.asset)
        self._add("from", write_time(facts.begins))
        self._add("to", write_time(facts.ends))
        self._add("known", write_time(facts.known_at))
        self._add("opening", self._amount(facts.opening_minor))

    def add(self, row: Row) -> None:
        """Add an entry."""
        line = row.line
        self._add(
            "entry",
            str(line.account_seq),
            write_time(line.effective_at),
            write_time(line.posted_at),
            str(line.transfer_id),
            line.kind,
            self._amount(line.amount_minor),
            self._amount(row.balance_minor),
        )

    def close(self) -> str:
        """End with the closing balance; the digest in hex."""
        self._add("closing", self._amount(self._facts.closing_minor), str(self._facts.entries))
        return self._hash.hexdigest()

    def _amount(self, minor: int) -> str:
        return render_amount(minor, self._facts.asset)

    def _add(self, *words: str) -> None:
        self._hash.update("\t".join(words).encode() + b"\n")
