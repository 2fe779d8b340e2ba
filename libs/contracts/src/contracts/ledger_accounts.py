"""Events of the ledger about accounts: policies, gifts, transfers for later, lines watched."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts import topics
from contracts.ledger import AccountType
from contracts.messages import Event
from contracts.money import AssetCode, Minor, PositiveMinor

PolicyChange = Literal["limits", "frozen", "unfrozen", "closed", "reopened"]


class VelocityLimit(BaseModel):
    """The most that may go out of an account within a rolling window."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    window_seconds: int
    limit_minor: Minor


class AccountPolicyChanged(Event):
    """What an account may and may not is different now: all of it, as it is after the change."""

    TOPIC: ClassVar[str] = topics.LEDGER_ACCOUNTS.name

    account_id: UUID
    version: int
    owner_id: UUID | None
    account_type: AccountType
    asset: AssetCode
    change: PolicyChange
    floor_minor: Minor | None
    soft_floor_minor: Minor | None
    ceiling_minor: Minor | None
    velocity: tuple[VelocityLimit, ...]
    accepts_gifts: bool
    frozen: bool
    closed: bool
    reason: str
    changed_at: datetime

    def key(self) -> str:
        """The account."""
        return str(self.account_id)

    def aggregate_version(self) -> int:
        """Version of the account's policies."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """The owner."""
        return (self.owner_id,) if self.owner_id else ()


class SoftFloorCrossed(Event):
    """Less is available than the account's soft floor, and before this transfer it was not."""

    TOPIC: ClassVar[str] = topics.LEDGER_ACCOUNTS.name

    account_id: UUID
    account_seq: int
    owner_id: UUID | None
    account_type: AccountType
    asset: AssetCode
    soft_floor_minor: Minor
    available_minor: Minor
    transfer_id: UUID
    crossed_at: datetime

    def key(self) -> str:
        """The account."""
        return str(self.account_id)

    def audience(self) -> tuple[UUID, ...]:
        """The owner."""
        return (self.owner_id,) if self.owner_id else ()


class _GiftEvent(Event):
    TOPIC: ClassVar[str] = topics.LEDGER_GIFTS.name

    account_id: UUID
    account_seq: int
    owner_id: UUID
    asset: AssetCode
    amount_minor: PositiveMinor
    transfer_id: UUID

    def key(self) -> str:
        """The GIFT account."""
        return str(self.account_id)

    def aggregate_version(self) -> int:
        """Where the account's chain stands after it."""
        return self.account_seq


class GiftGiven(_GiftEvent):
    """Somebody gave credits into a GIFT account."""

    gift_id: UUID
    giver_id: UUID
    memo: str | None
    expires_at: datetime | None

    def audience(self) -> tuple[UUID, ...]:
        """Receiver and giver."""
        return (self.owner_id, self.giver_id)


class GiftSpent(_GiftEvent):
    """Gift credits were spent, first those that expire first."""

    to_account: UUID

    def audience(self) -> tuple[UUID, ...]:
        """Who spent; the payee is told by the transfer."""
        return (self.owner_id,)


class GiftReturned(_GiftEvent):
    """An escrow gave gift credits back: they are in the gifts they came from, with their ends."""

    escrow_id: UUID

    def audience(self) -> tuple[UUID, ...]:
        """Whose gifts they are."""
        return (self.owner_id,)


class GiftExpired(_GiftEvent):
    """What was left of a gift when its time was over is the giver's again."""

    gift_id: UUID
    giver_id: UUID

    def audience(self) -> tuple[UUID, ...]:
        """Receiver and giver."""
        return (self.owner_id, self.giver_id)


class _ScheduledTransferEvent(Event):
    TOPIC: ClassVar[str] = topics.LEDGER_SCHEDULED_TRANSFERS.name

    scheduled_transfer_id: UUID
    version: int
    owner_id: UUID
    from_account: UUID
    to_account: UUID
    asset: AssetCode
    amount_minor: PositiveMinor
    effective_at: datetime

    def key(self) -> str:
        """The scheduled transfer."""
        return str(self.scheduled_transfer_id)

    def aggregate_version(self) -> int:
        """Version of the scheduled transfer."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """Whose money it is; the payee is told when it moves."""
        return (self.owner_id,)


class TransferScheduled(_ScheduledTransferEvent):
    """A transfer will be carried out later."""


class ScheduledTransferPosted(_ScheduledTransferEvent):
    """It was carried out."""

    transfer_id: UUID


class ScheduledTransferFailed(_ScheduledTransferEvent):
    """It could not be when it was due, and will not be tried again."""

    problem: str
    detail: str


class ScheduledTransferCancelled(_ScheduledTransferEvent):
    """Its owner or an operator called it off before it was due."""


class MonitorCrossed(Event):
    """An account's figure crossed a line that somebody watches; once a crossing."""

    TOPIC: ClassVar[str] = topics.LEDGER_MONITORS.name

    monitor_id: UUID
    owner_id: UUID
    account_id: UUID
    account_seq: int
    transfer_id: UUID
    asset: AssetCode
    kind: str
    threshold_minor: Minor
    observed_minor: Minor
    window_seconds: int | None
    label: str | None
    crossed_at: datetime

    def key(self) -> str:
        """The account: its crossings stay in order."""
        return str(self.account_id)

    def aggregate_version(self) -> int:
        """Where the account's chain stood."""
        return self.account_seq

    def audience(self) -> tuple[UUID, ...]:
        """Who watches."""
        return (self.owner_id,)


class IssuanceDecided(Event):
    """A second operator approved what another wanted to issue, or it was dropped.

    Why it was wanted is not in it: operators find it with the request.
    """

    TOPIC: ClassVar[str] = topics.LEDGER_ISSUANCE.name

    request_id: UUID
    account_id: UUID
    asset: AssetCode
    amount_minor: PositiveMinor
    decision: Literal["APPROVED", "REJECTED"]
    requested_by: UUID
    decided_by: UUID
    #: What was posted, if it was approved.
    transfer_id: UUID | None
    decided_at: datetime

    def key(self) -> str:
        """The request."""
        return str(self.request_id)

    def audience(self) -> tuple[UUID, ...]:
        """Who asked; who decided knows."""
        return () if self.requested_by == self.decided_by else (self.requested_by,)
