"""What is wanted of the figures, and whether it is so. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

type Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Aim:
    """One thing that is wanted.

    Attributes:
        name: What.
        found: The figure; nothing when it never came to be.
        below: What it should stay below; nothing when it should be 0.
        unit: Of both.
    """

    name: str
    found: float | None
    below: float | None
    unit: str

    @property
    def held(self) -> bool:
        """Whether it is as wanted."""
        if self.found is None:
            return False
        return self.found == 0 if self.below is None else self.found < self.below

    def row(self) -> dict[str, Any]:
        """As JSON shows it."""
        shown = asdict(self)
        below = shown.pop("below")
        wanted = "0" if below is None else f"< {below:g}"
        return {**shown, "wanted": f"{wanted} {self.unit}", "held": self.held}


def judge(figures: Figures) -> list[Aim]:
    """The aims of a whole run."""
    start, memory, imported = figures["start"], figures["memory"], figures["import"]
    first, second = imported["first"], imported["second"]
    giga = 1e9
    aims = [
        Aim("warm start to the first trade funded", start["warm_first_trade_s"], 20, "s"),
        Aim("memory, full profile", memory["full"]["total_bytes"] / giga, 2.5, "GB"),
        Aim("memory, lite profile", memory["lite"]["total_bytes"] / giga, 1.2, "GB"),
        Aim("import: the whole command", first["command_s"], 60, "s"),
        Aim("import: all found after the last row", first["found_after_last_row_s"], 2, "s"),
        Aim(
            "import: good rows that search does not find",
            first["rows"] - first["refused"] - (imported["found"] or 0),
            None,
            "rows",
        ),
        Aim(
            "import: refused rows without an explanation",
            first["refused"] - imported["explained"],
            None,
            "rows",
        ),
        Aim("second import: rows changed", second["created"] + second["updated"], None, "rows"),
    ]
    alone = figures["latency"]["listed_to_found_ms"]["p99"]
    aims.append(Aim("listed to found, p99", alone, 1_000, "ms"))
    if beside := figures["beside_writes"]:
        found = beside["listed_to_found_ms"]["p99"]
        aims.append(Aim("listed to found beside 100 writes a second, p99", found, 1_000, "ms"))
    return aims
