"""Events and commands of the ledger: money."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts import topics
from contracts.messages import Command, Event
from contracts.money import AssetCode, Minor, PositiveMinor

#: What trades and escrows can disagree by.
DifferenceKind = Literal[
    "trade-without-escrow",
    "escrow-without-trade",
    "states-differ",
    "terms-differ",
    "fees-differ",
]
AccountType = Literal["MAIN", "ESCROW", "GIFT", "ISSUANCE", "FEES", "PROVIDER", "TRANSIT"]


class AccountOpened(Event):
    """An account exists and can be used."""

    TOPIC: ClassVar[str] = topics.LEDGER_ACCOUNTS.name

    account_id: UUID
    owner_id: UUID | None
    account_type: AccountType
    asset: AssetCode
    community: str

    def key(self) -> str:
        """The account."""
        return str(self.account_id)

    def audience(self) -> tuple[UUID, ...]:
        """The owner."""
        return (self.owner_id,) if self.owner_id else ()


class EntryPosted(BaseModel):
    """One side of a transfer, as part of `TransferPosted`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    account_id: UUID
    account_seq: int
    owner_id: UUID | None
    account_type: AccountType
    asset: AssetCode
    amount_minor: Minor
    balance_after_minor: Minor
    #: What was set aside, or let go when negative; unknown in messages of before there were holds.
    held_minor: Minor = 0
    held_after_minor: Minor | None = None


class TransferPosted(Event):
    """Money moved, or was set aside. The entries sum to zero in each asset."""

    TOPIC: ClassVar[str] = topics.LEDGER_TRANSFERS.name

    transfer_id: UUID
    kind: str
    effective_at: datetime
    posted_at: datetime
    reverses: UUID | None = None
    entries: tuple[EntryPosted, ...]

    def key(self) -> str:
        """The transfer; order within an account is told by `account_seq`."""
        return str(self.transfer_id)

    def audience(self) -> tuple[UUID, ...]:
        """Everyone whose account moved."""
        return tuple(dict.fromkeys(entry.owner_id for entry in self.entries if entry.owner_id))


class _EscrowCommand(Command):
    escrow_id: UUID

    def key(self) -> str:
        """One escrow's commands stay in order."""
        return str(self.escrow_id)


class FundEscrow(_EscrowCommand):
    """Set the payer's money aside in escrow."""

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW_COMMANDS.name

    payer_id: UUID
    payee_id: UUID
    amount_minor: PositiveMinor
    asset: AssetCode


class FundEscrowWithGifts(FundEscrow):
    """Set the payer's money aside in escrow, as much of it as is said out of their gifts.

    A message of its own: a ledger that knows nothing of gifts must not take other money instead.
    """

    #: What of the amount is taken from the payer's GIFT account; at most all of it.
    gift_minor: PositiveMinor


class ReleaseEscrow(_EscrowCommand):
    """Pay the escrowed money to the payee, less the platform's fee."""

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW_COMMANDS.name


class SplitEscrow(_EscrowCommand):
    """Pay the payee a part, less the platform's fee of that part, and give the payer the other.

    The parts make up the whole: an escrow of another sum is left as it is.
    """

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW_COMMANDS.name

    payee_minor: PositiveMinor
    payer_minor: PositiveMinor
    reason: str


class RefundEscrow(_EscrowCommand):
    """Give the escrowed money back to the payer. An escrow that was never funded closes empty."""

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW_COMMANDS.name

    reason: str


class _EscrowEvent(Event):
    escrow_id: UUID
    version: int
    payer_id: UUID
    payee_id: UUID
    amount_minor: Minor
    asset: AssetCode
    #: What of the amount came out of the payer's gifts; of a refund other money goes back first.
    gift_minor: Minor = 0

    def key(self) -> str:
        """The escrow."""
        return str(self.escrow_id)

    def aggregate_version(self) -> int:
        """Version of the escrow."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """Payer and payee."""
        return (self.payer_id, self.payee_id)


class EscrowFunded(_EscrowEvent):
    """The payer's money is in escrow."""

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW.name

    transfer_id: UUID


class EscrowRefused(_EscrowEvent):
    """The escrow could not be funded; nothing moved. Only the payer is told live why."""

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW.name

    problem: str
    detail: str

    def audience(self) -> tuple[UUID, ...]:
        """The payer: the reason tells of their balance."""
        return (self.payer_id,)


class FeeTaken(BaseModel):
    """What one tier took."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tier: str
    amount_minor: PositiveMinor


class EscrowReleased(_EscrowEvent):
    """The payee was paid, and the fees taken; of a split the payer has `refunded_minor` back."""

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW.name

    transfer_id: UUID
    fee_minor: Minor
    #: Together `fee_minor`; nothing in messages of before fees were itemised.
    fees: tuple[FeeTaken, ...] | None = None
    #: The promise that was kept, if a party had accepted one.
    quote_id: UUID | None = None
    #: What the payer has back of a split; nothing when the payee was paid the whole.
    refunded_minor: PositiveMinor | None = None


class EscrowRefunded(_EscrowEvent):
    """The payer has the money back."""

    TOPIC: ClassVar[str] = topics.LEDGER_ESCROW.name

    transfer_id: UUID | None
    reason: str


class MoneyExchanged(Event):
    """One asset was exchanged for another: what was sold times the rate is the three parts.

    `bought_minor` went to the owner, `spread_minor` to the community; `residue_minor` is what
    rounding left over.
    """

    TOPIC: ClassVar[str] = topics.LEDGER_EXCHANGES.name

    transfer_id: UUID
    owner_id: UUID | None
    from_account: UUID
    to_account: UUID
    from_asset: AssetCode
    to_asset: AssetCode
    amount_minor: PositiveMinor
    fee_minor: Minor
    sold_minor: PositiveMinor
    bought_minor: PositiveMinor
    spread_minor: Minor
    residue_minor: Minor
    rate: str
    rate_id: UUID
    source: str
    quote_id: UUID | None
    exchanged_at: datetime

    def key(self) -> str:
        """The transfer."""
        return str(self.transfer_id)

    def audience(self) -> tuple[UUID, ...]:
        """Whose money it is."""
        return (self.owner_id,) if self.owner_id else ()


class _ReservationEvent(Event):
    TOPIC: ClassVar[str] = topics.LEDGER_RESERVATIONS.name

    reservation_id: UUID
    version: int
    account_id: UUID
    account_seq: int
    owner_id: UUID | None
    asset: AssetCode
    amount_minor: Minor
    remaining_minor: Minor
    transfer_id: UUID

    def key(self) -> str:
        """The account whose money it is: its reservations stay in order."""
        return str(self.account_id)

    def aggregate_version(self) -> int:
        """Where the account's chain stands after it."""
        return self.account_seq

    def audience(self) -> tuple[UUID, ...]:
        """The owner of the account."""
        return (self.owner_id,) if self.owner_id else ()


class MoneyReserved(_ReservationEvent):
    """Money is set aside: still in the account, but nothing else can spend it."""

    to_account: UUID | None
    expires_at: datetime


class ReservationCaptured(_ReservationEvent):
    """Money that was set aside was paid. `released_minor` is free again, with the last capture."""

    to_account: UUID
    captured_minor: PositiveMinor
    released_minor: Minor
    completed: bool


class ReservationReleased(_ReservationEvent):
    """What was still set aside is free again."""

    released_minor: PositiveMinor


class ReservationExpired(_ReservationEvent):
    """Nobody took what was still set aside in time: it is free again."""

    released_minor: PositiveMinor


class AccountReconciled(Event):
    """An account was compared with its newest statement; `unexplained_minor` should be zero."""

    TOPIC: ClassVar[str] = topics.LEDGER_RECONCILIATION.name

    account_id: UUID
    run_id: UUID
    asset: AssetCode
    closed_on: date
    balance_minor: Minor
    closing_minor: Minor
    matched: int
    unmatched_lines: int
    unmatched_entries: int
    unexplained_minor: Minor

    def key(self) -> str:
        """The account."""
        return str(self.account_id)


class _DifferenceEvent(Event):
    TOPIC: ClassVar[str] = topics.LEDGER_RECONCILIATION.name

    trade_id: UUID
    kind: DifferenceKind
    detail: str
    found_at: datetime

    def key(self) -> str:
        """The trade, whose escrow has the same id."""
        return str(self.trade_id)


class DifferenceFound(_DifferenceEvent):
    """What was told of a trade and of its escrow has not agreed for longer than a grace time."""


class DifferenceResolved(_DifferenceEvent):
    """What was told agrees by now, or differs in another way."""

    resolved_at: datetime
