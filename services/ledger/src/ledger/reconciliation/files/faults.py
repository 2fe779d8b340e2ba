"""What is wrong with a file: line, field, rule."""

from dataclasses import dataclass, field
from typing import Final

from ledger.reconciliation.errors import StatementFileMalformed

FAULTS_MAX: Final = 20
LINES_MAX: Final = 100_000
BYTES_MAX: Final = 32 * 1024 * 1024
TEXT_MAX: Final = 500


def refuse(line: int, name: str, rule: str, message: str) -> StatementFileMalformed:
    """The problem for one fault."""
    faults = Faults()
    faults.add(line, name, rule, message)
    return faults.problem()


@dataclass(slots=True)
class Faults:
    """Faults of a file, the first of them kept."""

    found: list[dict[str, object]] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, name: str, rule: str, message: str) -> None:
        """Note a fault."""
        self.count += 1
        if len(self.found) < FAULTS_MAX:
            self.found.append({"line": line, "field": name, "rule": rule, "message": message})

    def problem(self) -> StatementFileMalformed:
        """The refusal of the whole file."""
        first = self.found[0]
        more = f", and {self.count - 1} more" if self.count > 1 else ""
        return StatementFileMalformed(
            f"line {first['line']}, {first['field']}: {first['message']}{more}", errors=self.found
        )


def clip(*texts: str | None) -> str:
    """Texts as one line of bounded length, without control characters."""
    joined = " ".join(text for text in texts if text)
    return " ".join("".join(c if c.isprintable() else " " for c in joined).split())[:TEXT_MAX]
