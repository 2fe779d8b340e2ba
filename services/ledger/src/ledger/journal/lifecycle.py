"""Decides transfers, in order, over positions that are locked. Pure: no I/O, clock or ids.

When several rules are broken, the first of these is told: the form of the transfer (number of
movements, zero amounts, an account twice, the sums), its date, then account by account in the
order of the movements: unknown, other asset, closed, less held than is let go, frozen, not enough
available, too much in too short a time, above the ceiling, more than 38 digits.
"""

import itertools
from collections import ChainMap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from contracts.money import MAX_MINOR, SCALES, render_amount
from ledger.journal.errors import (
    AccountClosed,
    AccountFrozen,
    BackdatedTooFar,
    CeilingExceeded,
    GroupRefused,
    InsufficientFunds,
    IssuedOtherwise,
    NotYetEffective,
    TransferMalformed,
    UnknownAccount,
    WrongAsset,
)
from ledger.journal.limits import decline_speed
from ledger.journal.models import Declined, Entry, Movement, Position, Posted, Transfer, Verdict

MOVEMENTS_MIN: Final = 1
MOVEMENTS_MAX: Final = 1000
#: Kinds of transfer that make credits; a reversal gives back what was burned.
ISSUING: Final = frozenset({"issuance", "liquidity.in"})


def decide(
    positions: Mapping[UUID, Position], wanted: Sequence[Transfer], now: datetime
) -> list[Verdict]:
    """Decide each transfer on what the ones before it left; a declined one changes nothing.

    Args:
        positions: Every account that exists among those wanted.
        wanted: In the order in which they are decided; neighbours of one group together.
        now: The clock's time; entries are never posted before an earlier one of the account.

    Returns:
        A verdict for each, in the same order.
    """
    return decide_after(positions, {}, wanted, posting_time(positions, now))


def decide_after(
    positions: Mapping[UUID, Position],
    newest: dict[UUID, Entry],
    wanted: Sequence[Transfer],
    posted_at: datetime,
) -> list[Verdict]:
    """Decide as `decide` does, on positions that entries have gone on from.

    Args:
        positions: Every account that exists among those wanted.
        newest: Entries after those positions; goes on to those that are decided now.
        wanted: As for `decide`.
        posted_at: Not before anything that the accounts have.

    Returns:
        A verdict for each, in the same order.
    """
    verdicts: list[Verdict] = []
    for _, linked in itertools.groupby(wanted, key=lambda one: one.group or one.id):
        decided, after = _decide_group(list(linked), positions, newest, posted_at)
        verdicts += decided
        newest.update(after)
    return verdicts


def posting_time(positions: Mapping[UUID, Position], now: datetime) -> datetime:
    """When a batch is posted: now, and not before what its accounts have."""
    times = [position.posted_at for position in positions.values() if position.posted_at]
    return max([now, *times])


def _decide_group(
    linked: Sequence[Transfer],
    positions: Mapping[UUID, Position],
    newest: Mapping[UUID, Entry],
    posted_at: datetime,
) -> tuple[list[Verdict], dict[UUID, Entry]]:
    """All of them or none; and the entries that accounts go on from."""
    after: dict[UUID, Entry] = {}
    seen = ChainMap(after, cast("dict[UUID, Entry]", newest)) if len(linked) > 1 else newest
    verdicts: list[Verdict] = []
    for transfer in linked:
        verdict = _decline_form(transfer, posted_at) or _post(transfer, positions, seen, posted_at)
        if isinstance(verdict, Declined):
            return [verdict if one is transfer else _refused_with(one) for one in linked], {}
        after.update((entry.account_id, entry) for entry in verdict.entries)
        verdicts.append(verdict)
    return verdicts, after


def _refused_with(transfer: Transfer) -> Declined:
    return Declined(transfer, GroupRefused("another transfer of its group was refused"))


def _decline_form(transfer: Transfer, posted_at: datetime) -> Declined | None:
    movements = transfer.movements
    if not MOVEMENTS_MIN <= len(movements) <= MOVEMENTS_MAX:
        fault = f"a transfer has {MOVEMENTS_MIN} to {MOVEMENTS_MAX} movements"
    elif any(movement.amount_minor == movement.held_minor == 0 for movement in movements):
        fault = "an amount of zero moves nothing"
    elif len({movement.account_id for movement in movements}) < len(movements):
        fault = "an account is there twice"
    elif any(_sums(movements).values()):
        fault = "the movements do not sum to zero"
    elif transfer.effective_at and any(movement.held_minor for movement in movements):
        fault = "money is held and let go at once, never at another time"
    elif transfer.effective_at and transfer.effective_at > posted_at:
        return Declined(transfer, NotYetEffective("a transfer takes effect now or earlier"))
    elif (
        transfer.effective_at
        and transfer.not_before
        and (transfer.effective_at < transfer.not_before)
    ):
        return Declined(transfer, _too_far(transfer.not_before))
    else:
        return None
    return Declined(transfer, TransferMalformed(fault))


def _too_far(earliest: datetime) -> BackdatedTooFar:
    return BackdatedTooFar(
        f"the earliest that may be given is {earliest.isoformat()}", earliest=earliest.isoformat()
    )


def _sums(movements: Sequence[Movement]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for movement in movements:
        sums[movement.asset] = sums.get(movement.asset, 0) + movement.amount_minor
    return sums


def _post(
    transfer: Transfer,
    positions: Mapping[UUID, Position],
    newest: Mapping[UUID, Entry],
    posted_at: datetime,
) -> Verdict:
    entries = []
    for movement in transfer.movements:
        position = positions.get(movement.account_id)
        if position is None:
            unknown = UnknownAccount("the account does not exist", account_id=movement.account_id)
            return Declined(transfer, unknown, movement.account_id, movement.asset)
        entry = _continue(position, newest.get(movement.account_id), movement)
        if declined := _decline_entry(transfer, position, entry, movement):
            return declined
        entries.append(entry)
    return Posted(transfer, tuple(entries), transfer.effective_at or posted_at, posted_at)


def _continue(position: Position, last: Entry | None, movement: Movement) -> Entry:
    """The entry that would continue the account's chain."""
    seq = last.account_seq if last else position.account_seq
    balance = last.balance_after_minor if last else position.balance_minor
    held = last.held_after_minor if last else position.held_minor
    gone = 0
    if position.velocity:
        falls = max(movement.held_minor - movement.amount_minor, 0)
        gone = (last.gone_minor if last else 0) + falls
    return Entry(
        position.account_id,
        position.owner_id,
        position.account_type,
        position.asset,
        seq + 1,
        movement.amount_minor,
        balance + movement.amount_minor,
        held + movement.held_minor,
        movement.held_minor,
        gone,
    )


def _decline_entry(
    transfer: Transfer, position: Position, entry: Entry, movement: Movement
) -> Declined | None:
    account, asset, amount = position.account_id, position.asset, movement.amount_minor
    if movement.asset != asset:
        other = WrongAsset(f"the account holds {asset}, not {movement.asset}", account_id=account)
        return Declined(transfer, other, account, movement.asset)
    if position.closed:
        closed = AccountClosed("nothing moves on a closed account", account_id=account)
        return Declined(transfer, closed, account, asset)
    if entry.held_after_minor < 0:
        less = TransferMalformed("less is held than would be let go", account_id=account)
        return Declined(transfer, less, account, asset, 0, -entry.held_after_minor)
    if amount < 0 or movement.held_minor > 0:
        return _decline_debit(transfer, position, entry)
    ceiling = position.ceiling_minor
    if amount > 0 and ceiling is not None and entry.balance_after_minor > ceiling:
        beyond = entry.balance_after_minor - ceiling
        above = CeilingExceeded("the receiving account cannot take that much", account_id=account)
        return Declined(transfer, above, account, asset, ceiling, beyond)
    return _decline_digits(transfer, entry)


def _decline_debit(transfer: Transfer, position: Position, entry: Entry) -> Declined | None:
    account, asset = position.account_id, position.asset
    if position.frozen:
        frozen = AccountFrozen("nothing leaves a frozen account", account_id=account)
        return Declined(transfer, frozen, account, asset)
    if (
        position.account_type == "ISSUANCE"
        and entry.amount_minor < 0
        and transfer.kind not in ISSUING
        and transfer.reverses is None
    ):
        otherwise = IssuedOtherwise("only an issuance makes credits", account_id=account)
        return Declined(transfer, otherwise, account, asset)
    floor = position.floor_minor
    left = entry.balance_after_minor - entry.held_after_minor
    falls = entry.amount_minor < entry.held_minor
    if falls and floor is not None and left < floor:
        problem = _insufficient(position, entry, floor)
        return Declined(transfer, problem, account, asset, floor, floor - left)
    if falls and position.velocity and (fast := decline_speed(position, entry)):
        too_fast, limit, beyond = fast
        return Declined(transfer, too_fast, account, asset, limit, beyond)
    return _decline_digits(transfer, entry)


def _decline_digits(transfer: Transfer, entry: Entry) -> Declined | None:
    if max(abs(entry.balance_after_minor), entry.held_after_minor) <= MAX_MINOR:
        return None
    long = CeilingExceeded("a balance has at most 38 digits", account_id=entry.account_id)
    return Declined(transfer, long, entry.account_id, entry.asset, MAX_MINOR)


def _insufficient(position: Position, entry: Entry, floor: int) -> InsufficientFunds:
    needed = entry.held_minor - entry.amount_minor
    spendable = entry.balance_after_minor - entry.held_after_minor + needed - floor
    if entry.asset not in SCALES:
        return InsufficientFunds("less is available", account_id=position.account_id)
    need, have, short = (
        render_amount(minor, entry.asset) for minor in (needed, spendable, needed - spendable)
    )
    return InsufficientFunds(
        f"{need} {entry.asset} is needed, {have} is available: {short} is missing",
        account_id=position.account_id,
        asset=entry.asset,
        needed=need,
        available=have,
        short_by=short,
    )
