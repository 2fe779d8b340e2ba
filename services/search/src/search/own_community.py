"""Whose items and searches are looked at: those of the caller's community, whoever calls."""

from chassis.problems import Forbidden
from chassis.tokens import Caller


def require_own(named: str | None, caller: Caller) -> None:
    """Check a community that a request names: it may be left out.

    Raises:
        Forbidden: It is another than the caller's; operators have one, too.
    """
    if named is not None and named != caller.community:
        raise Forbidden(
            f"you are of {caller.community}; leave community out", community=caller.community
        )
