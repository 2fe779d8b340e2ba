"""Words of collecting."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

type Part = Literal["renditions", "quarantine", "rows"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """One comparison of object storage with the tables: where it stands and what it has found."""

    part: Part
    cursor: str
    rounds: int
    examined: int
    found: int
    round_began_at: datetime | None
    round_ended_at: datetime | None
