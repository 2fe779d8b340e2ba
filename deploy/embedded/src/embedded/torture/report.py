"""What a run tells: as JSON for machines, in short for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from embedded.provenance import commit, machine
from embedded.torture.messages import Poison
from embedded.torture.oracles.findings import Violation
from embedded.torture.plan import Plan


@dataclass(slots=True)
class Report:
    """The result of one run; `document` is its form as JSON."""

    plan: Plan
    replay: str
    faults: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    operations: dict[str, dict[str, int]] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    ledger: dict[str, int] = field(default_factory=dict)
    delivery: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    sessions_ended: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    recovery: Mapping[str, Mapping[str, float | int | None]] = field(default_factory=dict)
    violations: Sequence[Violation] = ()
    poison: Sequence[Poison] = ()
    #: What each consumer group was made to miss.
    dropped: Mapping[str, set[str]] = field(default_factory=dict)
    complaints: Sequence[Mapping[str, Any]] = ()
    out: Path | None = None

    def _summary(self) -> list[str]:
        """The fault log by kind and target, and where it is whole."""
        told = []
        for kind in dict.fromkeys(fault["kind"] for fault in self.faults):
            hit = Counter(f["target"] or f["way"] for f in self.faults if f["kind"] == kind)
            told.append(f"{kind:<8} {', '.join(f'{name} {n}' for name, n in hit.most_common())}")
        return [*told, f"fault log: {len(self.faults)} lines, in {self.out}"]

    def counts(self) -> dict[str, Any]:
        """How often what was broken."""
        by_kind = Counter(fault["kind"] for fault in self.faults)
        ways = {
            kind: dict(
                Counter(
                    f"{fault['target']}: {fault['way']}"
                    if kind == "net"
                    else fault["target"] or fault["way"]
                    for fault in self.faults
                    if fault["kind"] == kind
                ).most_common()
            )
            for kind in by_kind
        }
        return {"faults": dict(by_kind), "by_target": ways}

    def document(self) -> dict[str, Any]:
        """Everything, for a file."""
        return {
            "seed": self.plan.seed,
            "commit": commit(),
            "replay": self.replay,
            "machine": machine(),
            "world": asdict(self.plan.world),
            "seconds": self.seconds,
            **self.counts(),
            "left_out": self.left_out,
            "ledger": self.ledger,
            "delivery": self.delivery,
            "looks": self.looks,
            "sessions_ended": self.sessions_ended,
            "operations": self.operations,
            "answers_by_status": {str(k): v for k, v in sorted(self.statuses.items())},
            "recovery_seconds": self.recovery,
            "violations": [asdict(one) for one in self.violations],
            "complaints": self.complaints,
            "fault_log": [_line_of(fault) for fault in self.faults],
        }

    def lines(self) -> list[str]:
        """The result in short."""
        found = self.counts()["faults"]
        told = [f"faults: {', '.join(f'{v} {k}' for k, v in found.items()) or 'none'}"]
        told += [f"left out: {kind}: {why}" for kind, why in self.left_out.items()]
        told.append(f"ledger: {', '.join(f'{v:,} {k}' for k, v in self.ledger.items())}")
        told.append(f"delivery: {', '.join(f'{v:,} {k}' for k, v in self.delivery.items())}")
        told.append(
            f"looked at balances {self.looks:,} times, ended {self.sessions_ended} sessions"
        )
        told += [
            f"{part:<18} back after {row['p50']} s (median), {row['max']} s (longest), "
            f"{row['count']} times"
            for part, row in self.recovery.items()
        ]
        # Each fault with its time is asked for when something is wrong; a file has it always.
        whole = self.violations or self.out is None
        told += [_line_of(fault) for fault in self.faults] if whole else self._summary()
        if self.violations:
            told += [f"complaint: {complaint}" for complaint in self.complaints]
        told += [f"VIOLATION {v.oracle}: {v.subject}: {v.detail}" for v in self.violations]
        verdict = f"{len(self.violations)} VIOLATIONS" if self.violations else "no violation"
        return [
            *told,
            f"{verdict} (seed {self.plan.seed}, commit {commit()}; again: {self.replay})",
        ]


def _line_of(fault: Mapping[str, Any]) -> str:
    """A fault as one line: a long run has thousands."""
    what = " ".join(fault[name] for name in ("kind", "target", "way") if fault[name])
    return f"{fault['at_seconds']:.2f} s {what}: {fault['detail']}"
