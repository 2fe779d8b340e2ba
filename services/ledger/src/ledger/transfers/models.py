"""Words of transfers as clients see them."""

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.accounts.models import ExchangeAnswer
from ledger.fees.requests import FeeAnswer
from ledger.moments import Moment
from ledger.text import AmountText, AssetText, Line

BULK_MAX: Final = 10_000
#: Not there, rather than empty, where it is not given: keys of before stand for the same.
_SAID: Final = {"effective_at", "fee_quote"}


class SendMoney(BaseModel):
    """A wish to send money: to an account, or to a person's main account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_account: UUID
    to_account: UUID | None = None
    to_user: UUID | None = None
    amount: AmountText
    asset: AssetText
    memo: Line | None = None
    effective_at: Moment | None = None
    fee_quote: UUID | None = None

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        if (self.to_account is None) == (self.to_user is None):
            raise ValueError("give to_account or to_user, one of them")
        return self

    def content(self) -> dict[str, Any]:
        """What its idempotency key stands for; what is left out counts as not being there."""
        found: dict[str, Any] = {
            "from_account": str(self.from_account),
            "to_account": str(self.to_account) if self.to_account else None,
            "to_user": str(self.to_user) if self.to_user else None,
            "amount": self.amount,
            "asset": self.asset,
            "memo": self.memo,
        }
        if self.effective_at is None and self.fee_quote is None:
            return found
        return found | self.model_dump(mode="json", include=_SAID, exclude_none=True)


class BulkItem(SendMoney):
    """One wish of a bulk: `ref` is the client's name for it; a `group` is posted whole or not."""

    ref: Line | None = None
    group: Line | None = None


class SendBulk(BaseModel):
    """Many wishes: all or none, or each for itself and its group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["atomic", "independent"]
    transfers: Annotated[tuple[BulkItem, ...], Field(min_length=1, max_length=BULK_MAX)]

    @model_validator(mode="after")
    def _names_are_plain(self) -> Self:
        refs = [one.ref for one in self.transfers if one.ref]
        if len(set(refs)) < len(refs):
            twice = next(ref for ref, count in Counter(refs).items() if count > 1)
            raise ValueError(f"ref {twice!r} is there twice")
        groups = [group for group, _ in itertools.groupby(self.transfers, lambda one: one.group)]
        named = [group for group in groups if group]
        if len(set(named)) < len(named):
            raise ValueError("the transfers of a group are neighbours")
        if named and self.mode == "atomic":
            raise ValueError("groups are for independent mode: an atomic bulk is one group")
        return self


class ReverseTransfer(BaseModel):
    """An operator's wish to give a transfer back: all that is left of it, or a part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: AmountText | None = None
    reason: Line | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a transfer, and whose account it is."""

    account_id: UUID
    owner_id: UUID | None
    #: Nothing of a transfer that was posted just now.
    community: str | None
    account_type: str
    asset: str
    amount_minor: int
    balance_after_minor: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """A transfer in the books with all its sides."""

    id: UUID
    kind: str
    effective_at: datetime
    posted_at: datetime
    reverses: UUID | None
    metadata: dict[str, Any]
    sides: tuple[Side, ...]


class SideAnswer(BaseModel):
    """One side as a client sees it: the balance after it only of one's own account."""

    model_config = ConfigDict(frozen=True)

    account_id: UUID
    account_type: str
    amount: str
    asset: str
    balance_after: str | None


class TransferAnswer(BaseModel):
    """A transfer as a client sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    entries: list[SideAnswer]
    fees: list[FeeAnswer] = []
    exchange: ExchangeAnswer | None = None
    memo: str | None
    reason: str | None
    reverses: UUID | None
    effective_at: datetime
    posted_at: datetime


class BulkResult(BaseModel):
    """What became of one wish of a bulk; of a dry run, what would."""

    model_config = ConfigDict(frozen=True)

    index: int
    ref: str | None
    status: Literal["posted", "refused"]
    transfer_id: UUID | None
    fees: list[FeeAnswer]
    problem: dict[str, Any] | None


class BulkAnswer(BaseModel):
    """A result for each wish, in order."""

    model_config = ConfigDict(frozen=True)

    mode: str
    posted: int
    refused: int
    results: list[BulkResult]


class PreviewedBalance(BaseModel):
    """One's own account before and after, and its limits."""

    model_config = ConfigDict(frozen=True)

    account_id: UUID
    account_type: str
    asset: str
    balance_before: str
    balance_after: str
    available_after: str
    floor: str | None
    ceiling: str | None
    soft_floor: str | None
    #: Whether it would be below its soft floor afterwards: allowed, and told by an event.
    below_soft_floor: bool


class PreviewAnswer(BulkAnswer):
    """What would become of wishes now. Nothing was written."""

    dry_run: bool = True
    balances: list[PreviewedBalance]


class ForeseenAnswer(BaseModel):
    """What would become of one wish now: its entries, fees and problem. Nothing was written."""

    model_config = ConfigDict(frozen=True)

    dry_run: bool = True
    status: Literal["posted", "refused"]
    kind: str | None
    entries: list[SideAnswer]
    fees: list[FeeAnswer]
    exchange: ExchangeAnswer | None
    problem: dict[str, Any] | None
    balances: list[PreviewedBalance]
