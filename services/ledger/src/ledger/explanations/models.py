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
    #: Tiers and what each took, as the transfer keeps them.
    items: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class HeldReservation:
    """A reservation that holds some of the account's money."""

    id: UUID
    held_minor: int
    to_account: UUID | None
    memo: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that is set aside: how many reservations, their sum, and the newest of them."""

    count: int
    sum_minor: int
    newest: tuple[HeldReservation, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A transfer's place in the transparency log, and the first checkpoint that signs it."""

    transfer_id: UUID
    leaf_index: int
    checkpoint_size: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the figure of an account comes from; newest first."""

    balance: Balance
    policy: Policy
    uses: tuple[Use, ...]
    entries: tuple[EntryLine, ...]
    held: Held
    fees: tuple[Fee, ...]
    proofs: tuple[Proof, ...]
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


class ReservationAnswer(_Answer):
    """A reservation, and how much it holds still."""

    id: UUID
    held: str
    to_account: UUID | None
    memo: str | None
    created_at: datetime
    expires_at: datetime


class HeldAnswer(_Answer):
    """What is set aside: `sum` is the figure's `held`, `newest` and `others` together are it."""

    count: int
    sum: str
    newest: list[ReservationAnswer]
    others: str


class ProofAnswer(_Answer):
    """Where an entry's transfer stands in the signed log; without a checkpoint it waits for one."""

    transfer_id: UUID
    leaf_index: int
    checkpoint_size: int | None


class TierAnswer(_Answer):
    """What one tier took."""

    tier: str
    amount: str


class FeeAnswer(_Answer):
    """A fee in one of the transfers of the entries shown."""

    transfer_id: UUID
    kind: str
    amount: str
    items: list[TierAnswer]
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
    reservations: HeldAnswer
    fees: list[FeeAnswer]
    proofs: list[ProofAnswer]
    refused_attempts: list[RefusalAnswer]
    gifts: list[GiftAnswer]
