"""Rules of profiles and progress: zones, points, streaks, levels. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal
from zoneinfo import ZoneInfo, available_timezones

type Mascot = Literal["ACQUA", "MYSTIC", "CORAL"]
type Domain = Literal["TRADING", "BANKING", "INVESTING", "DEFI", "WHOLESALE"]
type Level = Literal["NEWCOMER", "NEIGHBOUR", "REGULAR", "EXPERT", "ELDER"]

#: The points from which each level is.
LEVELS: Final[tuple[tuple[int, Level], ...]] = (
    (10_000, "ELDER"),
    (2_000, "EXPERT"),
    (500, "REGULAR"),
    (100, "NEIGHBOUR"),
    (0, "NEWCOMER"),
)
#: No more points than this in a day: what can be repeated at will should not be worth it.
POINTS_A_DAY: Final = 200
TRADE_RELEASED: Final = 50
ITEM_LISTED: Final = 10
TRADE_OFFERED: Final = 5
_ZONES: Final = frozenset(available_timezones())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person has come.

    Attributes:
        points: In all.
        day: The last day on which they did something, in their time zone.
        points_of_day: On that day.
        streak_days: Days in a row, up to that day.
        longest_streak_days: The longest there was.
    """

    points: int
    day: date
    points_of_day: int
    streak_days: int
    longest_streak_days: int


#: Before the first day.
NONE_YET: Final = Progress(0, date.min, 0, 1, 1)


def check_zone(name: str) -> str:
    """A time zone that is known.

    Raises:
        ValueError: It is not.
    """
    if name not in _ZONES:
        raise ValueError("a time zone is a name like Europe/Amsterdam or UTC")
    return name


def zone_of(name: str) -> tzinfo:
    """A time zone by its name; UTC for one that is no longer known."""
    return ZoneInfo(name) if name in _ZONES else UTC


def day_of(moment: datetime, zone: str) -> date:
    """The day on which it was, where the person is; UTC for a zone that is no longer known."""
    return moment.astimezone(zone_of(zone)).date()


def advance(progress: Progress, day: date, points: int) -> Progress:
    """Progress after something that was done on a day.

    What is told late, of a day before the last, adds points as far as the last day has room, and no
    streak: it is not known any more what was done on the days between.
    """
    if day <= progress.day:
        gained = min(points, POINTS_A_DAY - progress.points_of_day)
        return replace(
            progress,
            points=progress.points + gained,
            points_of_day=progress.points_of_day + gained,
        )
    gained = min(points, POINTS_A_DAY)
    follows = progress.day == day - timedelta(days=1)
    streak = progress.streak_days + 1 if follows else 1
    return Progress(
        progress.points + gained, day, gained, streak, max(streak, progress.longest_streak_days)
    )


def streak_on(progress: Progress, today: date) -> int:
    """The streak as it stands: over when a whole day went by."""
    return progress.streak_days if progress.day >= today - timedelta(days=1) else 0


def level_of(points: int) -> Level:
    """The level that so many points are."""
    return next(level for least, level in LEVELS if points >= least)
