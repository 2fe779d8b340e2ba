"""What an auditor says: how far they are, and what is wrong."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the books that is not as it must be.

    Attributes:
        check: Which check found it: transfers, entries, floors, projections, outbox, log.
        subject: What it is about, such as an account or a transfer.
        detail: What is wrong, in words.
        rebuild: Table and key, where it is derived from the journal and can be made anew.
    """

    check: str
    subject: str
    detail: str
    rebuild: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A page was examined.

    Attributes:
        check: Which check it belongs to.
        examined: Rows looked at.
        findings: What is wrong in it.
        place: Where to go on after it, as JSON.
    """

    check: str
    examined: int
    findings: list[Finding] = field(default_factory=list)
    place: dict[str, Any] = field(default_factory=dict)
