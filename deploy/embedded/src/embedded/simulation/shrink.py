"""Make a failing plan short: leave steps out as long as it still fails."""

from typing import Final

from embedded.simulation.plan import Plan
from embedded.simulation.run import play

PLAYS_MAX: Final = 150


def shrink(plan: Plan) -> Plan:
    """The shortest plan found that breaks the rule of the first violation: halves first, then one.

    Args:
        plan: One that fails.
    """
    rule = _rule(plan)
    kept = [step.number for step in plan.steps]
    plays, size = 0, max(len(kept) // 2, 1)
    while plays < PLAYS_MAX:
        found = False
        for begin in range(0, len(kept), size):
            fewer = kept[:begin] + kept[begin + size :]
            plays += 1
            if _rule(plan.only(frozenset(fewer))) == rule:
                kept, found = fewer, True
                break
        if not found:
            if size == 1:
                break
            size //= 2
    return plan.only(frozenset(kept))


def _rule(plan: Plan) -> str:
    """The rule that a plan breaks, such as `O3`; nothing when it holds."""
    violations = play(plan).violations
    return violations[0].partition(":")[0] if violations else ""
