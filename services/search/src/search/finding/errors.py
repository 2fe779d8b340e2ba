"""Problems of finding."""

from typing import Any

from chassis.problems import Malformed, Problem


class SearchSwitchedOff(Problem):
    """There is no engine in this profile."""

    status = 503
    title = "Search is switched off"


def cursor_problem(reason: str) -> Malformed:
    """A cursor that is none of ours, or of another search."""
    return field_problem("cursor", "cursor", f"{reason}; take it from the page before, unchanged")


def field_problem(field: str, rule: str, message: str) -> Malformed:
    """One field's fault."""
    facts: dict[str, Any] = {"errors": [{"field": field, "rule": rule, "message": message}]}
    return Malformed(f"check {field}: {message}", **facts)
