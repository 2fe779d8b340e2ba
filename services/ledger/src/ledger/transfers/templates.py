"""Common movements as clients wish them: each knows its accounts, so that nobody balances sides.

| template   | from                 | to                            | who       | fees          |
| ---------- | -------------------- | ----------------------------- | --------- | ------------- |
| payment    | one's MAIN           | another MAIN                  | anyone    | of a transfer |
| split      | one's MAIN           | several MAIN                  | anyone    | of each part  |
| refund     | where it was got     | where it was paid from        | the payee | none          |
| deposit    | TRANSIT of a channel | a MAIN                        | operators | none          |
| withdrawal | a MAIN               | TRANSIT of a channel          | operators | none          |

Issue and burn are issuance's, exchange is exchanges', giving and spending gifts is gifts'.
"""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ledger.text import AmountText, AssetText, Line

PARTS_MAX: Final = 50

#: Where money comes from or goes to outside, such as `bank` or `cash`.
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Destination(_Words):
    to_account: UUID | None = None
    to_user: UUID | None = None

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        if (self.to_account is None) == (self.to_user is None):
            raise ValueError("give to_account or to_user, one of them")
        return self


class Payment(_Destination):
    """One pays another; fees are taken out of what the payee gets."""

    template: Literal["payment"]
    from_account: UUID
    amount: AmountText
    asset: AssetText
    memo: Line | None = None
    fee_quote: UUID | None = None


class Part(_Destination):
    """What one of several gets."""

    amount: AmountText


class Split(_Words):
    """One pays several at once: all of them or none."""

    template: Literal["split"]
    from_account: UUID
    asset: AssetText
    parts: Annotated[tuple[Part, ...], Field(min_length=2, max_length=PARTS_MAX)]
    memo: Line | None = None


class Refund(_Words):
    """Who was paid gives it back: all that is left of it, or a part."""

    template: Literal["refund"]
    transfer_id: UUID
    amount: AmountText | None = None
    memo: Line | None = None


class Deposit(_Destination):
    """Money comes in from outside."""

    template: Literal["deposit"]
    channel: Channel
    amount: AmountText
    asset: AssetText
    reason: Line


class Withdrawal(_Words):
    """Money goes out."""

    template: Literal["withdrawal"]
    from_account: UUID
    channel: Channel
    amount: AmountText
    asset: AssetText
    reason: Line


type Template = Payment | Split | Refund | Deposit | Withdrawal
