"""An operator's rules for matching lines with entries."""

import re
from functools import lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.text import AmountText

PLACE: Final = "{ref}"
#: No nested repeats: a line's text is read in time that grows with its length only.
_REFERENCE: Final = r"([A-Za-z0-9][A-Za-z0-9._/-]{0,63})"


class Rule(BaseModel):
    """When a line and an entry that do not agree exactly are one and the same.

    `reference`: `same` as the line's; found in the line's text by `pattern`, such as
    `Order {ref} paid`; or `any`, where only a pair of which neither has another candidate is taken.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    days: Annotated[int, Field(ge=0, le=31)] = 0
    reference: Literal["same", "pattern", "any"] = "same"
    pattern: Annotated[str, StringConstraints(min_length=5, max_length=100)] | None = None
    amount_tolerance: AmountText = "0"

    @model_validator(mode="after")
    def _pattern_when_needed(self) -> Self:
        if (self.reference == "pattern") != (self.pattern is not None):
            raise ValueError("a pattern goes with reference: pattern")
        if self.pattern is not None and self.pattern.count(PLACE) != 1:
            raise ValueError(f"a pattern has one {PLACE}")
        return self

    def key_of(self, reference: str, details: str) -> str | None:
        """The reference that the entry must have; nothing when the line has none."""
        if self.pattern is None:
            return reference or None
        found = _compiled(self.pattern).search(f"{details} {reference}")
        return normalise(found[1]) if found else None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    before, _, after = pattern.partition(PLACE)
    return re.compile(re.escape(before) + _REFERENCE + re.escape(after), re.IGNORECASE)


def normalise(reference: str) -> str:
    """A reference as it is compared: in capitals, without white space, at most 140 characters."""
    return "".join(reference.split()).upper()[:140]
