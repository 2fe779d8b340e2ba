"""What gives a transfer back, whole or in part. Pure."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from chassis.problems import Refused
from contracts.money import SCALES, render_amount
from ledger.journal.errors import ReversalExceedsOriginal, ReversalOfReversal
from ledger.journal.models import Movement
from ledger.transfers.errors import NotRefundable, NotReversible, PartOfMany
from ledger.transfers.models import Recorded, Side

#: Kinds that a process of ours keeps count of: their way back is the process's.
BOUND_KINDS: Final = ("escrow.", "reservation.", "gift.")
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


def plan_refund(
    original: Recorded, given_back: Mapping[UUID, int], payee: UUID, part_minor: int | None
) -> tuple[Side, Side, int]:
    """From which side to which a payee gives back how much.

    Args:
        original: What they were paid with.
        given_back: What its reversals so far moved, by account.
        payee: Who gives back.
        part_minor: How much; nothing means all that is left of what they got.

    Raises:
        NotRefundable: They were not paid by one other person, or a process counts on it.
        ReversalExceedsOriginal: There is not so much left of it.
    """
    payers = [side for side in original.sides if side.amount_minor < 0]
    mine = [side for side in original.sides if side.owner_id == payee and side.amount_minor > 0]
    if decline_reversal(original) or len(payers) != 1 or len(mine) != 1:
        raise NotRefundable("a payment that one person got from another is refunded")
    if payers[0].owner_id in {None, payee} or len({side.asset for side in original.sides}) > 1:
        raise NotRefundable("a payment that one person got from another is refunded")
    left = max(0, mine[0].amount_minor + given_back.get(mine[0].account_id, 0))
    wanted = left if part_minor is None else part_minor
    if not left or wanted > left:
        raise _exceeds(original, left, wanted)
    return mine[0], payers[0], wanted


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
