"""Rules of tokens, ends and slowed-down log-ins."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.sessions.lifecycle import (
    FREE_ATTEMPTS,
    count_attempt,
    ends_at,
    read_token,
    wait_seconds,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = "lxs_" + "a" * 43


def test_a_bearer_token_is_read() -> None:
    """The scheme's case does not matter, the token's does."""
    assert read_token(f"Bearer {TOKEN}") == TOKEN
    assert read_token(f"bearer {TOKEN}") == TOKEN


@pytest.mark.parametrize(
    "header",
    [
        "",
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer eyJ.a.b",
        f"Bearer {TOKEN}\n",
    ],
)
def test_what_is_no_token_is_not_read(header: str) -> None:
    """Only the exact form is looked up."""
    assert read_token(header) is None


def test_a_session_ends_when_idle_or_old() -> None:
    """The nearer of the two ends counts."""
    assert ends_at(NOW, NOW + timedelta(days=30)) == NOW + timedelta(hours=12)
    assert ends_at(NOW, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("over", "after_seconds", "wait"),
    [
        (-1, 0, 0),
        (0, 0, 1),
        (1, 0, 2),
        (3, 0, 8),
        (3, 7.5, 1),
        (3, 8, 0),
        (50, 0, 60),
        (50, 900, 0),
    ],
)
def test_each_failure_makes_the_next_wait_longer(
    over: int, after_seconds: float, wait: int
) -> None:
    """Waits double up to a minute, and are forgotten after a quarter of an hour."""
    last_at = NOW - timedelta(seconds=after_seconds)
    assert wait_seconds(FREE_ATTEMPTS + over, last_at, NOW) == wait


def test_old_attempts_are_forgotten() -> None:
    """After a quarter of an hour counting begins anew."""
    assert count_attempt(7, NOW, NOW) == 8
    assert count_attempt(7, NOW - timedelta(minutes=15), NOW) == 1
