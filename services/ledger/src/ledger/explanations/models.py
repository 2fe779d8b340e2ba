"""Words of explanations, and how they look to a client."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ledger.accounts.models import Balance, EntryAnswer, EntryLine
from ledger.gifts.models import GiftAnswer, Lot
from ledger.policies.models import Policy, Use, VelocityAnswer
from ledger.refused_attempts.models import RefusedAttempt


@dataclass(frozen=True, slots=True)
class Fee:
    """What one of the account's transfers paid to the platform."""

    transfer_id: UUID
    kind: str
    amount_minor: int
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the figure of an account comes from; newest first."""

    balance: Balance
    policy: Policy
    uses: tuple[Use, ...]
    entries: tuple[EntryLine, ...]
    fees: tuple[Fee, ...]
    refused: tuple[RefusedAttempt, ...]
    gifts: tuple[Lot, ...]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class FigureAnswer(_Answer):
    """What the account has, what of it is held, and what may be spent down to the floor."""

    balance: str
    held: str
    available: str
    spendable: str | None
    version: int
    moved_at: datetime | None


class LimitsAnswer(_Answer):
    """What the account may and may not; no floor or ceiling means none."""

    floor: str | None
    soft_floor: str | None
    ceiling: str | None
    velocity: list[VelocityAnswer]
    accepts_gifts: bool
    frozen: bool
    closed: bool


class FeeAnswer(_Answer):
    """A fee in one of the transfers of the entries shown."""

    transfer_id: UUID
    kind: str
    amount: str
    posted_at: datetime


class RefusalAnswer(_Answer):
    """What was tried on the account and refused."""

    attempted_at: datetime
    kind: str
    rule: str
    limit: str | None
    beyond: str | None
    detail: str


class ExplanationAnswer(_Answer):
    """Why an account stands where it stands."""

    account_id: UUID
    asset: str
    words: list[str]
    figure: FigureAnswer
    limits: LimitsAnswer
    entries: list[EntryAnswer]
    fees: list[FeeAnswer]
    refused_attempts: list[RefusalAnswer]
    gifts: list[GiftAnswer]
