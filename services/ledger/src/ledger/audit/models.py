"""Words of an audit."""

from dataclasses import dataclass, field

from ledger.findings import Finding


@dataclass(slots=True)
class Report:
    """What was examined, by check, and what was found.

    Attributes:
        examined: Transfers, entries, accounts, events and leaves looked at.
        found: How many things are wrong, by check.
        findings: The first of them.
    """

    examined: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(self.found.values())
