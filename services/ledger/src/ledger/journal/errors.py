"""Problems of moving money, and the constraints in the database that stand behind them."""

from typing import Final

from chassis.problems import Malformed, Missing, Problem, Refused


class TransferMalformed(Malformed):
    """The movements are no transfer: see the detail."""

    title = "This is no transfer"


class UnknownAccount(Missing):
    """There is no such account."""

    title = "There is no such account"


class WrongAsset(Refused):
    """The account holds another asset."""

    title = "The account holds another asset"


class AccountClosed(Refused):
    """Nothing moves on a closed account."""

    title = "The account is closed"


class AccountFrozen(Refused):
    """Nothing leaves a frozen account."""

    title = "The account is frozen"


class InsufficientFunds(Refused):
    """Less is available than the transfer takes."""

    title = "Not enough is available"


class VelocityExceeded(Refused):
    """More would have gone out of the account in a time than may."""

    title = "Too much would go out in too short a time"


class GiftsApart(Refused):
    """A GIFT account is moved by gifts only, and only with its lots."""

    title = "Gift credits are given, spent and returned as gifts only"


class CeilingExceeded(Refused):
    """The receiving account may not hold that much."""

    title = "The receiving account may not hold that much"


class IssuedOtherwise(Refused):
    """Credits come into being where limits and the second pair of eyes are asked for."""

    title = "Credits are made by issuances only"


class NotYetEffective(Refused):
    """The transfer would take effect in the future."""

    title = "The transfer would take effect in the future"


class BackdatedTooFar(Refused):
    """The transfer would take effect longer ago than may be entered late."""

    title = "The transfer would take effect too long ago"


class ReversalOfReversal(Refused):
    """What corrects a transfer is not corrected itself: post the movement again."""

    title = "A reversal cannot be reversed"


class ReversalExceedsOriginal(Refused):
    """All reversals of a transfer together give back at most what it moved."""

    title = "The reversals would give back more than was moved"


class DayIsFull(Refused):
    """A community makes at most the limit of a day."""

    title = "No more credits can be issued today"


class GroupRefused(Refused):
    """Another transfer of its group was refused, so this one was not posted either."""

    title = "Another transfer of its group was refused"


#: What the database calls a rule -> the problem that the caller sees.
CONSTRAINTS: Final[dict[str, type[Problem]]] = {
    "entry_available_not_below_floor": InsufficientFunds,
    "entry_balance_not_above_ceiling": CeilingExceeded,
    "entry_within_velocity": VelocityExceeded,
    "entry_gift_of_gift": GiftsApart,
    "gift_entry_of_lots": GiftsApart,
    "gift_spent_where_accepted": GiftsApart,
    "entry_account_not_frozen": AccountFrozen,
    "entry_account_not_closed": AccountClosed,
    "entry_asset_of_account": WrongAsset,
    "entry_account_exists": UnknownAccount,
    "entry_people_of_one_community": UnknownAccount,
    "entry_issued_by_issuance": IssuedOtherwise,
    "entry_amount_not_zero": TransferMalformed,
    "entry_held_not_negative": TransferMalformed,
    "entry_held_at_once": TransferMalformed,
    "entry_held_of_reservation": TransferMalformed,
    "transfer_sums_to_zero": TransferMalformed,
    "transfer_entries_whole": TransferMalformed,
    "transfer_entry_count_in_range": TransferMalformed,
    "transfer_not_in_the_future": NotYetEffective,
    "issuance_day_limit": DayIsFull,
    "transfer_reverses_no_reversal": ReversalOfReversal,
    "transfer_reverses_at_most_all": ReversalExceedsOriginal,
}


def problem_of(error: BaseException) -> Problem | None:
    """The problem behind a constraint that the database names; nothing for any other error."""
    name = getattr(error, "constraint_name", None)
    problem = CONSTRAINTS.get(name) if name else None
    return problem(f"the database refused it by its rule {name}", rule=name) if problem else None
