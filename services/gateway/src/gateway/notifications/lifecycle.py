"""Kinds, defaults, how a notification goes out, and when. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

type Email = Literal["at_once", "daily", "weekly", "never"]
type Way = Literal["mail", "digest", "none"]


class Choice(NamedTuple):
    """How somebody wants to hear of a kind."""

    in_app: bool
    email: Email


_AT_ONCE: Final = Choice(in_app=True, email="at_once")
_DAILY: Final = Choice(in_app=True, email="daily")
_SILENT: Final = Choice(in_app=True, email="never")

#: What people can be told, and how until they choose: at once what waits for them or is bad news.
KINDS: Final[Mapping[str, Choice]] = {
    "trade_offered": _AT_ONCE,
    "trade_countered": _AT_ONCE,
    "trade_accepted": _AT_ONCE,
    "trade_funded": _AT_ONCE,
    "trade_handed_over": _AT_ONCE,
    "trade_completed": _DAILY,
    "trade_ended": _AT_ONCE,
    "trade_disputed": _AT_ONCE,
    "trade_ruled": _AT_ONCE,
    "message_received": _AT_ONCE,
    "evidence_given": _AT_ONCE,
    "rating_revealed": _DAILY,
    "payment_received": _DAILY,
    "payment_failed": _AT_ONCE,
    "gift_received": _AT_ONCE,
    "gift_expiring": _AT_ONCE,
    "gift_expired": _DAILY,
    "search_matched": _DAILY,
    "watch_changed": _DAILY,
    "item_moderated": _AT_ONCE,
    "report_decided": _DAILY,
    "image_refused": _SILENT,
    "balance_watched": _AT_ONCE,
    "account_limited": _AT_ONCE,
    "export_ended": _AT_ONCE,
    "issuance_decided": _AT_ONCE,
    "security_password_changed": _AT_ONCE,
    "security_email_changed": _AT_ONCE,
    "security_phone_changed": _AT_ONCE,
    "security_app_added": _AT_ONCE,
    "security_app_removed": _AT_ONCE,
    "security_passkey_added": _AT_ONCE,
    "security_passkey_removed": _AT_ONCE,
    "security_recovery_codes_made": _AT_ONCE,
    "security_api_key_made": _AT_ONCE,
    "security_new_device": _AT_ONCE,
    "security_data_exported": _AT_ONCE,
    "security_leaving_begun": _AT_ONCE,
    "security_erasure_postponed": _AT_ONCE,
}
SECURITY: Final = "security_"
HOUR: Final = 8
WEEKDAY: Final = 1

WINDOW: Final = timedelta(hours=1)
#: Mails at once to one person in an hour; more come together, an hour later.
NOTICES_A_WINDOW: Final = 10
MAILS_A_WINDOW: Final = 30
#: What is told later than this after it happened goes into the digest; later still, nowhere.
NEWS: Final = timedelta(days=1)
HISTORY: Final = timedelta(days=7)
#: Pauses between the tries of one mail; after the last it is dead.
PAUSES: Final = tuple(timedelta(seconds=s) for s in (30, 120, 600, 1800, 7200, 21_600, 43_200))
#: A mail that could not be sent for so long is not sent any more.
MAIL_LIFE: Final = timedelta(days=3)
KEPT: Final = timedelta(days=90)
KEPT_MAX: Final = 1_000
PAGE_MAX: Final = 100
#: So long before its end a gift is spoken of again.
GIFT_REMINDER: Final = timedelta(days=3)
#: A digest names so many; the others are in the app.
DIGEST_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that one person is to be told: ids and figures, by which the rest is found."""

    user_id: UUID
    kind: str
    event_id: UUID
    data: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person wants to hear what. Version 0 is what is assumed until they choose."""

    version: int = 0
    digest_hour: int = HOUR
    digest_weekday: int = WEEKDAY
    choices: Mapping[str, Choice] | None = None

    def choice(self, kind: str) -> Choice:
        """For a kind; safety is not theirs to choose. A kind that is gone is told nowhere."""
        if is_security(kind):
            return _AT_ONCE
        chosen = (self.choices or {}).get(kind)
        return chosen or KINDS.get(kind, Choice(in_app=False, email="never"))


@dataclass(frozen=True, slots=True)
class Box:
    """What has gone to a person in the present hour, and when to look at what waits."""

    user_id: UUID
    window_began_at: datetime
    mails_in_window: int
    digest_waits: bool
    digest_at: datetime | None


def is_security(kind: str) -> bool:
    """Whether a kind concerns a person's safety."""
    return kind.startswith(SECURITY)


def in_window(box: Box, now: datetime) -> Box:
    """The box in the present hour: one that is over, or begins later than now, counts anew."""
    if box.window_began_at <= now < box.window_began_at + WINDOW:
        return box
    return replace(box, window_began_at=now, mails_in_window=0)


def way_of(
    kind: str, email: Email, box: Box, age: timedelta, *, reachable: bool, verified: bool
) -> Way:
    """How a notification leaves: as a mail, in a digest, or not by mail at all.

    Args:
        kind: Of the notification.
        email: What its person chose.
        box: What they have got, in the present hour.
        age: How long ago it happened.
        reachable: Whether they have an address.
        verified: Whether they have shown that it is theirs: only what warns goes to others.
    """
    security = is_security(kind)
    if email == "never" or not reachable or not (verified or security):
        return "none"
    if email != "at_once" or (age > NEWS and not security):
        return "digest"
    allowed = MAILS_A_WINDOW if security else NOTICES_A_WINDOW
    return "mail" if box.mails_in_window < allowed else "digest"


def next_digest(after: datetime, email: Email, habits: Habits, zone: tzinfo) -> datetime | None:
    """When what waits since `after` goes out; nothing when it is not wanted any more.

    An hour that a night skips is taken at the moment of the skip, one that comes twice at the
    first. What was too much for its hour waits for one more.
    """
    if email == "never":
        return None
    if email == "at_once":
        return after + WINDOW
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(9))
    moments = (
        datetime.combine(day, time(habits.digest_hour), zone).astimezone(UTC)
        for day in days
        if email == "daily" or day.isoweekday() == habits.digest_weekday
    )
    return next(moment for moment in moments if moment > after)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notification that waits for a digest."""

    id: UUID
    kind: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sorted:
    """What of the waiting goes out now, what is not wanted any more, and when to look again."""

    due: tuple[UUID, ...]
    unwanted: tuple[UUID, ...]
    next_at: datetime | None


def sort_waiting(waiting: Iterable[Waiting], habits: Habits, zone: tzinfo, now: datetime) -> Sorted:
    """Sort what waits by the person's present habits."""
    due: list[UUID] = []
    unwanted: list[UUID] = []
    later: list[datetime] = []
    for one in waiting:
        at = next_digest(one.created_at, habits.choice(one.kind).email, habits, zone)
        if at is None:
            unwanted.append(one.id)
        elif at <= now:
            due.append(one.id)
        else:
            later.append(at)
    return Sorted(tuple(due), tuple(unwanted), min(later, default=None))


def next_try(attempts: int, now: datetime, jitter: float) -> datetime | None:
    """When a mail is tried again after so many tries; nothing when it is dead.

    Args:
        attempts: Tries so far, at least 1.
        now: The present.
        jitter: From 0 to 1: up to a tenth of the pause comes on top.
    """
    if attempts > len(PAUSES):
        return None
    return now + PAUSES[attempts - 1] * (1 + jitter / 10)
