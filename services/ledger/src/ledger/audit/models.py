"""Words of an audit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from ledger.findings import Finding, Step

_DONE: Final = {"done": True}


@dataclass(slots=True)
class Report:
    """What was examined, by check, and what was found.

    Attributes:
        examined: Transfers, entries, accounts, projections, events and leaves looked at.
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


@dataclass(slots=True)
class Progress:
    """How far an audit is: what it found, and where each check goes on. All of it is JSON."""

    report: Report = field(default_factory=Report)
    places: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """What an earlier run wrote down."""
        said = document["report"]
        findings = [
            Finding(**{**one, "rebuild": tuple(one["rebuild"]) if one["rebuild"] else None})
            for one in said["findings"]
        ]
        report = Report(said["examined"], said["found"], findings)
        return cls(report, dict(document["places"]))

    def note(self, check: str, step: Step, findings_max: int) -> None:
        """A page of a check was examined."""
        report = self.report
        report.examined[step.check] = report.examined.get(step.check, 0) + step.examined
        report.found[step.check] = report.found.get(step.check, 0) + len(step.findings)
        report.findings += step.findings[: findings_max - len(report.findings)]
        if step.check == check and step.place:
            self.places[check] = step.place

    def finish(self, check: str) -> None:
        """A check is over."""
        self.places[check] = _DONE

    def is_done(self, check: str) -> bool:
        """Whether a check is over."""
        return self.places.get(check) == _DONE


@dataclass(frozen=True, slots=True)
class Repair:
    """Something derived that was made anew."""

    projection: str
    key: str
    before: Any
    after: Any

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Fields that changed, each with what it was and what it became."""
        was, became = self.before or {}, self.after or {}
        return {
            name: (was.get(name), became.get(name))
            for name in {**was, **became}
            if was.get(name) != became.get(name)
        }
