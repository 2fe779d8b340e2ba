"""What becomes of an account's policies. Pure.

| asked for | refused when (in this order)                    |
| --------- | ----------------------------------------------- |
| limits    | malformed; the floor is above what is available |
| freeze    | -                                               |
| unfreeze  | -                                               |
| close     | something is in it or held; it is awaited       |
| reopen    | -                                               |

What changes nothing makes no version.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from chassis.problems import Malformed, Refused
from contracts.ledger_accounts import AccountPolicyChanged, PolicyChange, VelocityLimit
from contracts.money import SCALES, AmountError, parse_amount, render_amount
from ledger.policies.errors import AccountAwaited, AccountNotEmpty, FloorAboveAvailable
from ledger.policies.models import (
    Act,
    ChangeLimits,
    Policy,
    PolicyAnswer,
    Standing,
    Use,
    VelocityAnswer,
)

CHANGES: Final[dict[Act, PolicyChange]] = {
    "freeze": "frozen",
    "unfreeze": "unfrozen",
    "close": "closed",
    "reopen": "reopened",
}


def act(policy: Policy, what: Act) -> Policy:
    """The policy after an act, before its version."""
    match what:
        case "freeze" | "unfreeze":
            return replace(policy, frozen=what == "freeze")
        case "close" | "reopen":
            return replace(policy, closed=what == "close")


def change_limits(policy: Policy, wish: ChangeLimits) -> Policy:
    """The policy with other limits, before its version.

    Raises:
        Malformed: Names the field that is wrong.
    """
    said = wish.model_fields_set
    after = replace(
        policy,
        floor_minor=_signed(wish.floor, "floor", policy.asset)
        if "floor" in said
        else policy.floor_minor,
        soft_floor_minor=_signed(wish.soft_floor, "soft_floor", policy.asset)
        if "soft_floor" in said
        else policy.soft_floor_minor,
        ceiling_minor=_signed(wish.ceiling, "ceiling", policy.asset)
        if "ceiling" in said
        else policy.ceiling_minor,
        velocity=tuple(
            sorted(
                (one.window_seconds, _signed(one.limit, "velocity", policy.asset) or 0)
                for one in wish.velocity or ()
            )
        )
        if "velocity" in said
        else policy.velocity,
        accepts_gifts=policy.accepts_gifts if wish.accepts_gifts is None else wish.accepts_gifts,
    )
    _require_sense(after)
    return after


def _signed(text: str | None, field: str, asset: str) -> int | None:
    if text is None:
        return None
    try:
        minor = parse_amount(text.removeprefix("-"), asset)
    except AmountError as error:
        raise _malformed(field, "amount", str(error)) from None
    return -minor if text.startswith("-") else minor


def _require_sense(after: Policy) -> None:
    floor, soft, ceiling = after.floor_minor, after.soft_floor_minor, after.ceiling_minor
    if floor is None and after.owner_id:
        raise _malformed("floor", "required", "a person's account has a floor")
    if floor is not None and floor > 0:
        raise _malformed("floor", "at_most_zero", "a floor is zero or below")
    if ceiling is not None and ceiling < 0:
        raise _malformed("ceiling", "at_least_zero", "a ceiling is zero or above")
    if soft is not None and floor is not None and soft < floor:
        raise _malformed("soft_floor", "at_least_floor", "a soft floor is not below the floor")
    if soft is not None and ceiling is not None and soft > ceiling:
        raise _malformed("soft_floor", "at_most_ceiling", "a soft floor is not above the ceiling")
    if any(limit < 0 for _, limit in after.velocity):
        raise _malformed("velocity", "at_least_zero", "what may go out is zero or more")
    if after.accepts_gifts and after.account_type != "MAIN":
        raise _malformed("accepts_gifts", "main", "gift credits are accepted in MAIN accounts")


def _malformed(field: str, rule: str, message: str) -> Malformed:
    errors = [{"field": field, "rule": rule, "message": message}]
    return Malformed(f"check {field}: {message}", errors=errors)


def decline_change(
    before: Policy, after: Policy, standing: Standing
) -> tuple[Refused, int | None, int | None] | None:
    """Why a change cannot be now, the limit, and by how much it is missed."""

    def text(minor: int) -> str:
        return render_amount(minor, before.asset) if before.asset in SCALES else str(minor)

    balance, held = standing.balance_minor, standing.held_minor
    available, floor = balance - held, after.floor_minor
    if after.closed and not before.closed:
        if balance or held:
            said = f"{text(balance)} {before.asset} is in it, {text(held)} of that is held"
            problem: Refused = AccountNotEmpty(said, balance=text(balance), held=text(held))
            return problem, 0, balance or held
        if standing.awaited:
            said = "cancel the transfers for later, and wait for gifts that may return"
            return AccountAwaited(said), None, None
    if floor is not None and floor != before.floor_minor and available < floor:
        said = f"{text(available)} {before.asset} is available, the floor would be {text(floor)}"
        problem = FloorAboveAvailable(said, available=text(available), floor=text(floor))
        return problem, floor, floor - available
    return None


def event_of(after: Policy, change: PolicyChange) -> AccountPolicyChanged:
    """What is said about a change."""
    return AccountPolicyChanged(
        account_id=after.account_id,
        version=after.version,
        owner_id=after.owner_id,
        account_type=after.account_type,
        asset=after.asset,
        change=change,
        floor_minor=after.floor_minor,
        soft_floor_minor=after.soft_floor_minor,
        ceiling_minor=after.ceiling_minor,
        velocity=tuple(
            VelocityLimit(window_seconds=seconds, limit_minor=limit)
            for seconds, limit in after.velocity
        ),
        accepts_gifts=after.accepts_gifts,
        frozen=after.frozen,
        closed=after.closed,
        reason=after.reason,
        changed_at=after.changed_at,
    )


def told_of(policy: Policy) -> dict[str, Any]:
    """A policy as the audit log tells it."""

    def figure(minor: int | None) -> str | None:
        return None if minor is None else str(minor)

    return {
        "version": policy.version,
        "floor_minor": figure(policy.floor_minor),
        "soft_floor_minor": figure(policy.soft_floor_minor),
        "ceiling_minor": figure(policy.ceiling_minor),
        "velocity": [[seconds, str(limit)] for seconds, limit in policy.velocity],
        "accepts_gifts": policy.accepts_gifts,
        "frozen": policy.frozen,
        "closed": policy.closed,
    }


def render_policy(
    policy: Policy, *, for_operator: bool, uses: Sequence[Use] | None = None
) -> PolicyAnswer:
    """A policy as a client sees it; with its uses, what is left of each velocity."""

    def amount(minor: int | None) -> str | None:
        return None if minor is None else render_amount(minor, policy.asset)

    return PolicyAnswer(
        account_id=policy.account_id,
        version=policy.version,
        floor=amount(policy.floor_minor),
        soft_floor=amount(policy.soft_floor_minor),
        ceiling=amount(policy.ceiling_minor),
        velocity=render_uses(policy.asset, uses)
        if uses is not None
        else [
            VelocityAnswer(window_seconds=seconds, limit=render_amount(limit, policy.asset))
            for seconds, limit in policy.velocity
        ],
        accepts_gifts=policy.accepts_gifts,
        frozen=policy.frozen,
        closed=policy.closed,
        changed_at=policy.changed_at,
        changed_by=policy.changed_by if for_operator else None,
        reason=policy.reason,
    )


def render_uses(asset: str, uses: Sequence[Use]) -> list[VelocityAnswer]:
    """Velocities with what is used and left of each."""
    return [
        VelocityAnswer(
            window_seconds=one.window_seconds,
            limit=render_amount(one.limit_minor, asset),
            used=render_amount(one.used_minor, asset),
            left=render_amount(max(0, one.limit_minor - one.used_minor), asset),
        )
        for one in uses
    ]
