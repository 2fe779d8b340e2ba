"""Rules of points, streaks and zones."""

from datetime import UTC, date, datetime

import pytest

from gateway.profiles.lifecycle import (
    NONE_YET,
    POINTS_A_DAY,
    Progress,
    advance,
    check_zone,
    day_of,
    level_of,
    streak_on,
)

MONDAY, TUESDAY, THURSDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 19)


def test_a_streak_grows_by_days_in_a_row() -> None:
    """The same day does not count twice, a missed day begins anew, the longest stays."""
    progress, seen = NONE_YET, []
    for day in (MONDAY, MONDAY, TUESDAY, THURSDAY):
        progress = advance(progress, day, 10)
        seen.append((progress.streak_days, progress.longest_streak_days))
    assert seen == [(1, 1), (1, 1), (2, 2), (1, 2)]


def test_a_day_has_so_many_points() -> None:
    """What can be repeated at will is not worth it."""
    progress = NONE_YET
    for _ in range(POINTS_A_DAY):
        progress = advance(progress, MONDAY, 7)
    assert progress.points == POINTS_A_DAY
    assert advance(progress, TUESDAY, 7).points == POINTS_A_DAY + 7


def test_what_is_told_late_makes_no_streak() -> None:
    """It adds points as far as there is room."""
    progress = advance(advance(NONE_YET, TUESDAY, 10), MONDAY, 10)
    assert (progress.points, progress.streak_days, progress.day) == (20, 1, TUESDAY)


@pytest.mark.parametrize(("today", "streak"), [(MONDAY, 3), (TUESDAY, 3), (date(2026, 11, 18), 0)])
def test_a_streak_ends_with_a_day_that_went_by(today: date, streak: int) -> None:
    """Today may still become a day."""
    assert streak_on(Progress(30, MONDAY, 10, 3, 3), today) == streak


def test_a_day_is_where_the_person_is() -> None:
    """The same moment is another day elsewhere."""
    moment = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    assert day_of(moment, "UTC") == MONDAY
    assert day_of(moment, "Asia/Kolkata") == TUESDAY
    assert day_of(moment, "a zone that is gone") == MONDAY


@pytest.mark.parametrize(
    ("points", "level"),
    [(0, "NEWCOMER"), (99, "NEWCOMER"), (100, "NEIGHBOUR"), (10_000, "ELDER")],
)
def test_a_level_follows_from_points(points: int, level: str) -> None:
    """Each begins at its number."""
    assert level_of(points) == level


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "+02:00"])
def test_a_zone_is_known(name: str) -> None:
    """Only names of the zone database."""
    with pytest.raises(ValueError, match="a time zone"):
        check_zone(name)
