"""Words of exchanges."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.accounts.models import Account
from ledger.fees.models import Price

#: Names of the system accounts that an exchange moves besides those of the fees.
LIQUIDITY: Final = "LIQUIDITY"
SPREAD: Final = "SPREAD"
ROUNDING: Final = "ROUNDING"


@dataclass(frozen=True, slots=True)
class Rate:
    """One version of a price: so much of `to_asset` for one unit of `from_asset`, exactly.

    Attributes:
        numerator: With the denominator in lowest terms.
        denominator: At least 1.
        spread_bps: What the community keeps of what is bought, in hundredths of a per cent.
        source: Where the rate is from.
        valid_until: From then on it is over, whether there is a newer one or not.
    """

    id: UUID
    from_asset: str
    to_asset: str
    numerator: int
    denominator: int
    spread_bps: int
    source: str
    valid_from: datetime
    valid_until: datetime | None
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Conversion:
    """What becomes of an amount that is sold.

    Attributes:
        sold_minor: Minor units of the one asset.
        gross_minor: Whole minor units of the other asset, at the rate: the three parts together.
        bought_minor: What the customer gets.
        spread_minor: What the community keeps.
        residue_minor: What rounding leaves over of the parts: 0 or 1.
        remainder: What was left of the division, below one minor unit, as a numerator.
    """

    sold_minor: int
    gross_minor: int
    bought_minor: int
    spread_minor: int
    residue_minor: int
    remainder: int


@dataclass(frozen=True, slots=True)
class Terms:
    """An amount with its fees, what is sold of it, at which rate, and what comes of it.

    Attributes:
        price: The amount and its fees.
        rate: In force when it was priced.
        conversion: What becomes of the rest of the amount.
        priced_at: When that was found.
        quote_id: The promise, if it is one.
        expires_at: When the promise is over.
    """

    price: Price
    rate: Rate
    conversion: Conversion
    priced_at: datetime
    quote_id: UUID | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """Terms that somebody was promised until a time, for one exchange."""

    id: UUID
    owner_id: UUID
    from_account: UUID
    terms: Terms
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """An exchange as its record keeps it; `amount_minor` is what left, fees included."""

    rate: Rate
    transfer_id: UUID
    quote_id: UUID | None
    priced_at: datetime
    from_account: UUID
    to_account: UUID
    amount_minor: int
    sold_minor: int
    bought_minor: int
    spread_minor: int
    residue_minor: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """Terms with the accounts that they move."""

    terms: Terms
    source: Account
    destination: Account
    liquidity_from: Account
    liquidity_to: Account
    spread: Account | None
    rounding: Account | None
    fees: tuple[Account, ...]

    def accounts(self) -> tuple[Account, ...]:
        """All of them."""
        mine = (self.source, self.destination, self.liquidity_from, self.liquidity_to)
        others = (one for one in (self.spread, self.rounding) if one)
        return (*mine, *others, *self.fees)
