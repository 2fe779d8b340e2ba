"""Large payments are for whoever has shown lately who they are: one rule, wherever it is known."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from chassis.problems import Forbidden
from chassis.tokens import Caller
from contracts.money import parse_amount, render_amount

#: What needs a proof needs one that was given in this time.
FRESH: Final = timedelta(minutes=10)
#: The scope that lets a program pay as much as its person may.
LARGE_PAYMENTS: Final = "large-payments"


class StepUpNeeded(Forbidden):
    """Whoever holds the session has not shown lately who they are."""

    title = "Show again that it is you"


class ProgramsMayNot(Forbidden):
    """This is for people, or the program's scopes do not have it."""

    title = "A program may not do this"


@cache
def read_limits(text: str) -> Mapping[str, int]:
    """Limits such as `LXC:10000.00,USD:500.00`, in minor units by asset.

    Raises:
        ValueError: A part is no asset with an amount.
    """
    limits = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        asset, _, amount = part.partition(":")
        limits[asset] = parse_amount(amount, asset)
    return limits


def is_fresh(proven_at: datetime | None, now: datetime) -> bool:
    """Whether somebody has shown lately enough who they are, for what needs it."""
    return proven_at is not None and now - proven_at < FRESH


def step_up_needed(what: str) -> StepUpNeeded:
    """The problem that names how to go on."""
    minutes = int(FRESH.total_seconds() // 60)
    return StepUpNeeded(
        f"{what} needs a session in which you have shown in the last {minutes} minutes that it is "
        f"you: POST /v1/sessions/current/step-up with your second factor, or with your password "
        f"if you have none, then repeat with the token that it answers",
        step_up="/v1/sessions/current/step-up",
        fresh_seconds=int(FRESH.total_seconds()),
    )


def too_large(asset: str, limits: Mapping[str, int], *, program: bool) -> Forbidden:
    """The problem of a payment above the limit of its asset."""
    limit = f"{render_amount(limits[asset], asset)} {asset}"
    if program:
        return ProgramsMayNot(
            f"more than {limit} needs an API key with the scope {LARGE_PAYMENTS}",
            limit=limit,
            needs=[LARGE_PAYMENTS],
        )
    problem = step_up_needed(f"to send more than {limit}")
    problem.facts["limit"] = limit
    return problem


def require_proof(
    caller: Caller, amount_minor: int, asset: str, limits: Mapping[str, int], *, now: datetime
) -> None:
    """Refuse a large payment of whoever has not shown lately who they are.

    Args:
        caller: Who pays.
        amount_minor: How much, in minor units.
        asset: Of what.
        limits: What is large, in minor units by asset; what is not named never is.
        now: The clock's time.

    Raises:
        StepUpNeeded: It is too much for this session; the problem names the limit and the way.
        ProgramsMayNot: A program without the scope for large payments.
    """
    if amount_minor <= limits.get(asset, amount_minor):
        return
    program = bool(caller.scopes)
    if LARGE_PAYMENTS in caller.scopes or (not program and is_fresh(caller.proven_at, now)):
        return
    raise too_large(asset, limits, program=program)
