"""What clients may send about trades."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from contracts.marketplace_trades import Ruling, TradeState
from marketplace.paging import PAGE_MAX
from marketplace.text import Amount, Remark

Quantity = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GivenPiece(_Body):
    """Pieces of an item of one's own that one gives in a barter."""

    item_id: UUID
    quantity: Quantity = 1


class OfferBody(_Body):
    """An offer for pieces of an item; `amount` is for all of them together.

    For a gift nothing is offered. For what is up for barter one `gives` items of one's own, and
    may add an amount on top. `gift_amount` is what of the amount gift credits pay.
    """

    item_id: UUID
    amount: Amount | None = Field(default=None, examples=["60.00"])
    asset: Amount | None = Field(default=None, examples=["LXC"])
    gift_amount: Amount | None = Field(default=None, examples=["20.00"])
    gives: tuple[GivenPiece, ...] = Field(default=(), max_length=10)
    quantity: Quantity = 1
    message: Remark | None = None


class CounterBody(_Body):
    """Another price; `asset`, if it is sent, is the trade's."""

    amount: Amount = Field(examples=["75.00"])
    asset: Amount | None = None


class NoBody(_Body):
    """Nothing to say."""


class CancelBody(_Body):
    """Why, if one likes to say."""

    reason: Remark | None = None


class DisputeBody(_Body):
    """What is wrong."""

    reason: Remark


class RulingBody(_Body):
    """What an operator decided, and why; of a split, what goes back to the buyer."""

    ruling: Ruling
    buyer_gets: Amount | None = Field(default=None, examples=["25.00"])
    reason: Remark | None = None

    @model_validator(mode="after")
    def _split_in_parts(self) -> Self:
        if (self.ruling == "split") != (self.buyer_gets is not None):
            raise ValueError("buyer_gets goes with the ruling split, and with no other")
        return self


class HandOverBody(_Body):
    """The buyer's code, if they made one; spaces, dashes and capitals do not matter."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None


class PartBody(_Body):
    """What goes back to the buyer when the escrow is released, altogether."""

    amount: Amount = Field(examples=["10.00"])
    reason: Remark | None = None


class TradeFilter(BaseModel):
    """Which trades to list."""

    model_config = ConfigDict(frozen=True)

    role: Literal["buyer", "seller"] | None = None
    state: TradeState | None = None
    stuck: bool = Field(default=False, description="For operators: those that wait for the ledger")
    older_than_minutes: int = Field(default=10, ge=0, le=100_000)
    limit: int = Field(default=20, ge=1, le=PAGE_MAX)
