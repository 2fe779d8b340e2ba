"""How a notification goes out, and when. Pure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notifications.lifecycle import (
    KINDS,
    MAILS_A_WINDOW,
    NOTICES_A_WINDOW,
    PAUSES,
    Box,
    Choice,
    Email,
    Habits,
    Waiting,
    Way,
    in_window,
    is_security,
    next_digest,
    next_try,
    sort_waiting,
    way_of,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA, ONE = UUID(int=1), UUID(int=2)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def box(mails: int = 0, began: datetime = NOW) -> Box:
    """A box with so many mails in its hour."""
    return Box(ANA, began, mails, digest_waits=False, digest_at=None)


def at(text: str, zone: str = "Europe/Amsterdam") -> datetime:
    """A local time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("kind", "email", "mails", "hours", "verified", "way"),
    [
        ("trade_offered", "at_once", 0, 0, True, "mail"),
        ("trade_offered", "daily", 0, 0, True, "digest"),
        ("trade_offered", "never", 0, 0, True, "none"),
        ("trade_offered", "at_once", NOTICES_A_WINDOW, 0, True, "digest"),
        ("trade_offered", "at_once", 0, 25, True, "digest"),
        ("trade_offered", "at_once", 0, 0, False, "none"),
        ("security_app_added", "at_once", 0, 0, False, "mail"),
        ("security_app_added", "at_once", NOTICES_A_WINDOW, 0, True, "mail"),
        ("security_app_added", "at_once", MAILS_A_WINDOW, 0, True, "digest"),
        ("security_app_added", "at_once", 0, 25, True, "mail"),
    ],
)
def test_how_it_leaves(
    kind: str, email: Email, mails: int, hours: int, *, verified: bool, way: Way
) -> None:
    """By choice, by how much there was this hour, by age, and by whose address it is."""
    age = timedelta(hours=hours)
    assert way_of(kind, email, box(mails), age, reachable=True, verified=verified) == way


def test_without_an_address_nothing_is_mailed() -> None:
    """Not even what warns."""
    age = timedelta()
    for kind in KINDS:
        found = way_of(kind, "at_once", box(), age, reachable=False, verified=False)
        assert found == "none"


def test_safety_is_not_ones_own_to_choose() -> None:
    """Whatever a table says, it is told at once."""
    habits = Habits(1, 8, 1, dict.fromkeys(KINDS, Choice(in_app=False, email="never")))
    for kind in KINDS:
        wanted = "at_once" if is_security(kind) else "never"
        assert habits.choice(kind).email == wanted


def test_an_hour_counts_anew() -> None:
    """When it is over, and when the clock was moved back."""
    assert in_window(box(5), NOW + timedelta(minutes=59)).mails_in_window == 5
    assert in_window(box(5), NOW + timedelta(hours=1)).mails_in_window == 0
    assert in_window(box(5), NOW - timedelta(seconds=1)).mails_in_window == 0


@pytest.mark.parametrize(
    ("after", "hour", "due"),
    [
        ("2026-06-01 07:59", 8, "2026-06-01 08:00"),
        ("2026-06-01 08:00", 8, "2026-06-02 08:00"),
        # The night to 29 March has no 02:00; the night to 25 October has two.
        ("2026-03-28 12:00", 2, "2026-03-29 03:00"),
        ("2026-03-29 12:00", 2, "2026-03-30 02:00"),
        ("2026-10-24 12:00", 2, "2026-10-25 02:00"),
        ("2026-03-28 12:00", 8, "2026-03-29 08:00"),
        ("2026-10-24 12:00", 8, "2026-10-25 08:00"),
        ("2026-12-31 23:30", 0, "2027-01-01 00:00"),
    ],
)
def test_a_daily_digest_is_due_at_the_hour_of_its_zone(after: str, hour: int, due: str) -> None:
    """Daylight saving or not."""
    habits = Habits(1, hour, 1)
    assert next_digest(at(after), "daily", habits, AMSTERDAM) == at(due)


def test_an_hour_that_comes_twice_brings_one_digest() -> None:
    """After the first 02:00 of 25 October the next is on the 26th."""
    first = next_digest(at("2026-10-24 12:00"), "daily", Habits(1, 2, 1), AMSTERDAM)
    assert first is not None
    assert next_digest(first, "daily", Habits(1, 2, 1), AMSTERDAM) == at("2026-10-26 02:00")


def test_a_weekly_digest_is_due_on_its_day() -> None:
    """Monday 23 November is the next after a Saturday; on the day itself, the hour counts."""
    habits = Habits(1, 8, 1)
    assert next_digest(NOW, "weekly", habits, UTC) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert next_digest(monday, "weekly", habits, UTC) == monday + timedelta(days=7)


@given(
    after=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    hour=st.integers(0, 23),
    zone=st.sampled_from(
        ["UTC", "Europe/Amsterdam", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"]
    ),
)
def test_a_day_never_goes_by_without_its_hour(after: datetime, hour: int, zone: str) -> None:
    """The next digest is later, within 26 hours, and at the hour or just after a skip."""
    due = next_digest(after, "daily", Habits(1, hour, 1), ZoneInfo(zone))
    assert due is not None
    assert timedelta(0) < due - after <= timedelta(hours=26)
    assert due.astimezone(ZoneInfo(zone)).hour in {hour, (hour + 1) % 24}


def test_what_waits_goes_by_the_present_habits() -> None:
    """Due, later, or not wanted any more; and when to look again."""
    habits = Habits(
        2,
        8,
        1,
        {
            "trade_completed": Choice(in_app=True, email="daily"),
            "trade_funded": Choice(in_app=True, email="weekly"),
            "trade_ended": Choice(in_app=True, email="never"),
        },
    )
    friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
    kinds = ("trade_completed", "trade_funded", "trade_ended")
    waiting = [Waiting(UUID(int=n), kind, friday) for n, kind in enumerate(kinds)]
    found = sort_waiting(waiting, habits, UTC, NOW)
    assert (found.due, found.unwanted) == ((UUID(int=0),), (UUID(int=2),))
    assert found.next_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_what_was_too_much_for_its_hour_comes_an_hour_later() -> None:
    """Together, as one mail."""
    many = [Waiting(UUID(int=n), "trade_offered", NOW) for n in range(5)]
    found = sort_waiting(many, Habits(), UTC, NOW)
    assert (found.due, found.next_at) == ((), NOW + timedelta(hours=1))
    assert len(sort_waiting(many, Habits(), UTC, NOW + timedelta(hours=1)).due) == 5


def test_tries_end() -> None:
    """With growing pauses; then the mail is dead."""
    tries = [next_try(attempts, NOW, 0.0) for attempts in range(1, len(PAUSES) + 2)]
    assert tries[-1] is None
    assert tries[:-1] == sorted(t for t in tries if t)
