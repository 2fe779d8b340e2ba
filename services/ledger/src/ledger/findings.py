"""What an auditor says: how far they are, and what is wrong."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the books that is not as it must be.

    Attributes:
        check: Which check found it: transfers, entries, floors, outbox, log.
        subject: What it is about, such as an account or a transfer.
        detail: What is wrong, in words.
    """

    check: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """A page was examined."""

    check: str
    examined: int
    findings: list[Finding] = field(default_factory=list)
