"""Words of issuance."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from ledger.text import AmountText, AssetText, Line


class IssueCredits(BaseModel):
    """An operator's wish to issue credits to a person or account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to_account: UUID | None = None
    to_user: UUID | None = None
    amount: AmountText
    asset: AssetText
    reason: Line

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        if (self.to_account is None) == (self.to_user is None):
            raise ValueError("give to_account or to_user, one of them")
        return self


class BurnCredits(BaseModel):
    """An operator's wish to take credits out of being."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_account: UUID
    amount: AmountText
    asset: AssetText
    reason: Line
