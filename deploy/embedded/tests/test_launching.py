"""Why a stack is not ready, in words."""

from typing import Any

import pytest

from embedded.launching import explain

WELL: dict[str, Any] = {
    "name": "valkey",
    "state": "ready",
    "restarts": 0,
    "last_error": None,
    "log_tail": [],
}
CRASHED = {
    "name": "kafka",
    "state": "backing off",
    "restarts": 1,
    "last_error": "ended with exit code 3",
    "log_tail": ["cannot read the log", "going down"],
}
FAILED = {
    "name": "migrations",
    "state": "failed",
    "restarts": 0,
    "last_error": "MigrationError: 0007 was changed",
    "log_tail": [],
}
LATE = {**WELL, "name": "search", "state": "starting"}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            [WELL, CRASHED, LATE],
            [
                "kafka is backing off: ended with exit code 3",
                "    cannot read the log",
                "    going down",
            ],
        ),
        ([FAILED, WELL], ["migrations is failed: MigrationError: 0007 was changed"]),
        (
            [{**CRASHED, "state": "ready", "log_tail": ["bye"]}, FAILED],
            [
                "kafka is ready: ended with exit code 3",
                "    bye",
                "migrations is failed: MigrationError: 0007 was changed",
            ],
        ),
        ([WELL, LATE, {**WELL, "state": "done"}], ["not ready: search"]),
    ],
    ids=["one ended", "one failed", "one of each", "one is late"],
)
def test_it_is_said_which_part_and_what_its_log_said(
    parts: list[dict[str, Any]], told: list[str]
) -> None:
    """Who ended or failed is named with the end of their log; else who is late."""
    assert explain({"parts": parts, "closing": False}).splitlines() == told


def test_a_stack_that_is_being_stopped_is_not_late() -> None:
    """Somebody said `down` meanwhile."""
    assert explain({"parts": [LATE], "closing": True}) == "the stack is being stopped"
