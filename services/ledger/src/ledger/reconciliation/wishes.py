"""What operators send."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.reconciliation.mapping import CsvMapping
from ledger.reconciliation.rules import Rule
from ledger.text import AmountText, Exact, Line

Number = Annotated[int, Field(ge=1, lt=2**53)]
Numbers = Annotated[tuple[Number, ...], Field(max_length=1000)]


class _Wish(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SetupWish(_Wish):
    """How an account is to be reconciled."""

    mirrored: bool = False
    external_account: Annotated[
        str, StringConstraints(max_length=64, strip_whitespace=True), Exact
    ] = ""
    csv_mapping: CsvMapping | None = None
    rules: Annotated[tuple[Rule, ...], Field(max_length=20)] = ()
    group_days: Annotated[int, Field(ge=0, le=31)] | None = None
    reference_key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = (
        "reference"
    )
    write_off_limit: AmountText = "0"
    reason: Line


class ItemsWish(_Wish):
    """Items to be settled together, and why."""

    lines: Numbers = ()
    entries: Numbers = ()
    reason: Line

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.lines and not self.entries:
            raise ValueError("name lines or entries")
        return self


class ReasonWish(_Wish):
    """Why."""

    reason: Line
