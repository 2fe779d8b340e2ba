"""What gives a transfer back, whole or in part. Pure."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from chassis.problems import Refused
from contracts.money import SCALES, render_amount
from ledger.journal.errors import ReversalExceedsOriginal, ReversalOfReversal
from ledger.journal.models import Movement
from ledger.transfers.errors import NotReversible, PartOfMany
from ledger.transfers.models import Recorded

#: Kinds that a process of ours keeps count of: their way back is the process's.
BOUND_KINDS: Final = ("escrow.", "reservation.")
TWO_SIDES: Final = 2


def decline_reversal(original: Recorded) -> Refused | None:
    """Why a transfer cannot be reversed at all; nothing when it can."""
    if original.reverses:
        return ReversalOfReversal(
            "post the movement again instead", reverses=str(original.reverses)
        )
    if original.kind.startswith(BOUND_KINDS):
        return NotReversible(f"a transfer of kind {original.kind} has its own way back")
    return None


def decline_part(original: Recorded) -> Refused | None:
    """Why a part of a transfer cannot be reversed: which side it is of, nobody could say."""
    if len(original.sides) == TWO_SIDES:
        return None
    return PartOfMany(f"it moved {len(original.sides)} accounts: leave the amount out")


def plan_reversal(
    original: Recorded, given_back: Mapping[UUID, int], part_minor: int | None
) -> tuple[Movement, ...] | ReversalExceedsOriginal:
    """The movements that give a transfer back.

    Args:
        original: What is to be reversed.
        given_back: What its reversals so far moved, by account.
        part_minor: How much of it, for one of two sides; nothing means all that is left.

    Returns:
        The movements, or why there is not so much left.
    """
    left = {s.account_id: s.amount_minor + given_back.get(s.account_id, 0) for s in original.sides}
    most = max(abs(amount) for amount in left.values())
    wanted = most if part_minor is None else part_minor
    if not most or wanted > most:
        return _exceeds(original, most, wanted)
    return tuple(
        Movement(side.account_id, side.asset, -_part(left[side.account_id], part_minor))
        for side in original.sides
        if left[side.account_id]
    )


def _part(left: int, part_minor: int | None) -> int:
    if part_minor is None:
        return left
    return part_minor if left > 0 else -part_minor


def _exceeds(original: Recorded, most: int, wanted: int) -> ReversalExceedsOriginal:
    asset = original.sides[0].asset
    if not most:
        return ReversalExceedsOriginal("it has been given back already", left="0")
    have, want = (
        render_amount(minor, asset) if asset in SCALES else str(minor) for minor in (most, wanted)
    )
    return ReversalExceedsOriginal(f"{have} {asset} is left of it, not {want}", left=have)
