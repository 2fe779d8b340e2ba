"""Rows of figures: what was measured, the limit, and the yardstick of the same run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured.

    Attributes:
        name: What.
        value: The measurement.
        unit: Of the value, such as `events/s` or `ms`.
        limit: What it should reach (rates) or stay below (times); nothing when it is a yardstick.
        raw: The same by the bare client library on the same machine, in the same run.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    raw: float | None = None

    @property
    def held(self) -> bool | None:
        """Whether the limit holds; nothing without one."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.unit.endswith("/s") else self.value < self.limit

    def row(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "limit": self.limit,
            "held": self.held,
            "raw": self.raw,
            "ratio_to_raw": round(self.value / self.raw, 3) if self.raw else None,
        }


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values stays at or below."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
