"""What a run has done so far, kept so that a broken one goes on where it stopped."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from embedded.importing.rows import Remark


@dataclass(slots=True)
class Tally:
    """How many rows had which outcome."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def live(self) -> int:
        """Rows that are listings now."""
        return self.created + self.updated + self.unchanged

    def add(self, other: "Tally") -> None:
        """Count a batch in."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused


@dataclass(slots=True)
class Progress:
    """Batches that were answered, in a file that grows by a line a batch."""

    path: Path
    done: set[int] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    remarks: list[Remark] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path, *, resume: bool) -> Self:
        """Go on with an earlier run, or begin anew."""
        progress = cls(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            path.unlink(missing_ok=True)
        elif path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                progress._read(line)
        return progress

    def _read(self, line: str) -> None:
        try:
            kept: dict[str, Any] = json.loads(line)
            tally = Tally(**kept["tally"])
            remarks = [Remark(**remark) for remark in kept["remarks"]]
            batch = int(kept["batch"])
        except (ValueError, KeyError, TypeError):
            # The run was cut off while it wrote this line: the batch is sent again.
            return
        self._count(batch, tally, remarks)

    def _count(self, batch: int, tally: Tally, remarks: list[Remark]) -> None:
        self.done.add(batch)
        self.tally.add(tally)
        self.remarks += remarks

    def settle(self, batch: int, tally: Tally, remarks: list[Remark]) -> None:
        """Remember a batch."""
        self._count(batch, tally, remarks)
        kept = {"batch": batch, "tally": asdict(tally), "remarks": list(map(asdict, remarks))}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(kept) + "\n")

    def finish(self) -> None:
        """The run is complete: nothing is left to go on with."""
        self.path.unlink(missing_ok=True)
