"""An explanation in words and in figures. Pure."""

from contracts.money import render_amount
from ledger.accounts.models import Balance
from ledger.explanations.models import (
    Explanation,
    FeeAnswer,
    FigureAnswer,
    HeldAnswer,
    LimitsAnswer,
    ProofAnswer,
    ReservationAnswer,
    TierAnswer,
)
from ledger.journal.limits import say_window
from ledger.policies.lifecycle import render_uses


def render_figure(balance: Balance) -> FigureAnswer:
    """What the account has, as a client sees it."""
    floor = balance.floor_minor
    return FigureAnswer(
        balance=_amount(balance, balance.balance_minor),
        held=_amount(balance, balance.held_minor),
        available=_amount(balance, balance.available_minor),
        spendable=None if floor is None else _amount(balance, _spendable(balance, floor)),
        version=balance.version,
        moved_at=balance.moved_at,
    )


def render_limits(explanation: Explanation) -> LimitsAnswer:
    """What limits the account, as a client sees it."""
    balance, policy = explanation.balance, explanation.policy
    floor, ceiling = balance.floor_minor, balance.ceiling_minor
    soft_floor = policy.soft_floor_minor
    return LimitsAnswer(
        floor=None if floor is None else _amount(balance, floor),
        soft_floor=None if soft_floor is None else _amount(balance, soft_floor),
        ceiling=None if ceiling is None else _amount(balance, ceiling),
        velocity=render_uses(balance.asset, explanation.uses),
        accepts_gifts=policy.accepts_gifts,
        frozen=balance.frozen,
        closed=balance.closed,
    )


def render_fees(explanation: Explanation) -> list[FeeAnswer]:
    """The fees of the entries shown."""
    return [
        FeeAnswer(
            transfer_id=fee.transfer_id,
            kind=fee.kind,
            amount=_amount(explanation.balance, fee.amount_minor),
            items=[
                TierAnswer(tier=tier, amount=_amount(explanation.balance, minor))
                for tier, minor in fee.items
            ],
            posted_at=fee.posted_at,
        )
        for fee in explanation.fees
    ]


def render_held(explanation: Explanation) -> HeldAnswer:
    """What is set aside, by reservation: the newest, and all others together."""
    balance, held = explanation.balance, explanation.held
    shown_minor = sum(one.held_minor for one in held.newest)
    return HeldAnswer(
        count=held.count,
        sum=_amount(balance, held.sum_minor),
        newest=[
            ReservationAnswer(
                id=one.id,
                held=_amount(balance, one.held_minor),
                to_account=one.to_account,
                memo=one.memo,
                created_at=one.created_at,
                expires_at=one.expires_at,
            )
            for one in held.newest
        ],
        others=_amount(balance, held.sum_minor - shown_minor),
    )


def render_proofs(explanation: Explanation) -> list[ProofAnswer]:
    """Where the entries shown stand in the log."""
    return [
        ProofAnswer(
            transfer_id=one.transfer_id,
            leaf_index=one.leaf_index,
            checkpoint_size=one.checkpoint_size,
        )
        for one in explanation.proofs
    ]


def say(explanation: Explanation) -> list[str]:
    """The explanation in sentences, the figure first."""
    balance = explanation.balance
    return [
        *_say_figure(balance),
        *_say_held(explanation),
        *_say_last(explanation),
        *_say_limits(balance),
        *_say_policy(explanation),
        *_say_gifts(explanation),
        *_say_fees(explanation),
        *_say_proofs(explanation),
        *_say_refused(explanation),
    ]


def _say_figure(balance: Balance) -> list[str]:
    has = f"The account has {_money(balance, balance.balance_minor)}"
    if not balance.version:
        return [f"{has}: nothing has moved on it yet."]
    said = [f"{has} after {_count(balance.version, 'entry', 'entries')}."]
    if balance.held_minor:
        held, left = (_money(balance, m) for m in (balance.held_minor, balance.available_minor))
        said.append(f"{held} of it is held, so {left} is available.")
    return said


def _say_held(explanation: Explanation) -> list[str]:
    held = explanation.held
    if not held.newest:
        return []
    last, balance = held.newest[0], explanation.balance
    word = _count(held.count, "reservation holds it", "reservations hold it")
    what = f"the newest {_money(balance, last.held_minor)} until"
    return [f"{word}, {what} {last.expires_at:%Y-%m-%d %H:%M} UTC."]


def _say_proofs(explanation: Explanation) -> list[str]:
    if not explanation.entries:
        return []
    shown = _count(len(explanation.entries), "entry", "entries")
    signed = [one for one in explanation.proofs if one.checkpoint_size is not None]
    if not signed:
        return [f"Of its newest {shown}, none is in the signed log yet."]
    last = signed[0]
    by = f"leaf {last.leaf_index} under the checkpoint of size {last.checkpoint_size}"
    return [f"Of its newest {shown}, {len(signed)} can be proved; the last by {by}."]


def _say_last(explanation: Explanation) -> list[str]:
    if not explanation.entries:
        return []
    line, balance = explanation.entries[0], explanation.balance
    verb = "entered" if line.amount_minor > 0 else "left"
    moved = _money(balance, abs(line.amount_minor))
    late = ""
    if line.effective_at < line.posted_at:
        late = f", entered late with effect from {line.effective_at:%Y-%m-%d %H:%M} UTC"
    return [f"Last, {moved} {verb} by a {line.kind} at {line.posted_at:%Y-%m-%d %H:%M} UTC{late}."]


def _say_limits(balance: Balance) -> list[str]:
    said = []
    floor, ceiling = balance.floor_minor, balance.ceiling_minor
    if balance.closed:
        said.append("It is closed: nothing moves on it.")
    elif balance.frozen:
        said.append("It is frozen: nothing leaves it.")
    elif floor is None:
        said.append("It may go below zero without limit.")
    else:
        spendable = _money(balance, _spendable(balance, floor))
        said.append(f"It may not go below {_money(balance, floor)}, so {spendable} can be spent.")
    if ceiling is not None:
        room = _money(balance, max(0, ceiling - balance.balance_minor))
        said.append(f"It may hold {_money(balance, ceiling)} at most, so {room} can come in.")
    return said


def _say_policy(explanation: Explanation) -> list[str]:
    """What few accounts have: a soft floor, velocities."""
    balance, soft_floor = explanation.balance, explanation.policy.soft_floor_minor
    said = []
    if soft_floor is not None:
        where = "below" if balance.available_minor < soft_floor else "not below"
        said.append(f"It is {where} its soft floor of {_money(balance, soft_floor)}.")
    for one in explanation.uses:
        limit, left = one.limit_minor, max(0, one.limit_minor - one.used_minor)
        window = say_window(one.window_seconds)
        said.append(
            f"{_money(balance, limit)} may go out within {window}, "
            f"{_money(balance, left)} of it is left."
        )
    return said


def _say_gifts(explanation: Explanation) -> list[str]:
    """What a GIFT account has is spent lot by lot: the first that ends, in words."""
    if not explanation.gifts:
        return []
    first, balance = explanation.gifts[0], explanation.balance
    left = _money(balance, first.remaining_minor)
    many = _count(len(explanation.gifts), "gift", "gifts")
    if first.expires_at is None:
        return [f"It holds {many}, none of which ends; {left} is left of the oldest."]
    ends = f"{first.expires_at:%Y-%m-%d %H:%M} UTC"
    return [f"It holds {many}; {left} is left of the first that ends, at {ends}."]


def _say_fees(explanation: Explanation) -> list[str]:
    if not explanation.fees:
        return []
    total = _money(explanation.balance, sum(fee.amount_minor for fee in explanation.fees))
    shown = _count(len(explanation.entries), "entry", "entries")
    return [f"Of its newest {shown}, {total} went to fees."]


def _say_refused(explanation: Explanation) -> list[str]:
    if not explanation.refused:
        return []
    last = explanation.refused[0]
    when = f"{last.attempted_at:%Y-%m-%d %H:%M} UTC"
    return [f"At {when} a {last.kind} was refused ({last.rule}): {last.detail}."]


def _spendable(balance: Balance, floor: int) -> int:
    return max(0, balance.available_minor - floor)


def _amount(balance: Balance, minor: int) -> str:
    return render_amount(minor, balance.asset)


def _money(balance: Balance, minor: int) -> str:
    return f"{_amount(balance, minor)} {balance.asset}"


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
