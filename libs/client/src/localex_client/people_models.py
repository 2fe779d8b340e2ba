"""What the gateway answers about people: profiles, second factors, keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from localex_client.models import Answered


class Community(Answered):
    """A community; people join it while it is OPEN."""

    slug: str
    name: str
    asset: str | None
    state: str
    opened_at: datetime
    changed_at: datetime


class Progress(Answered):
    """How far a person has come."""

    points: int
    level: str
    streak_days: int
    longest_streak_days: int


class Departure(Answered):
    """When one who leaves is erased; until then one may stay."""

    leaving_at: datetime
    erase_at: datetime
    erased: bool


class Profile(Answered):
    """A person, as they see themselves."""

    user_id: UUID
    display_name: str
    community: str
    roles: list[str]
    time_zone: str
    language: str
    currency: str
    mascot: str
    domains: list[str]
    city: str | None
    neighbourhood: str | None
    member_since: datetime
    last_login_at: datetime | None
    progress: Progress


class Passkey(Answered):
    """A passkey of one's own."""

    id: UUID
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class PasskeyChallenge(Answered):
    """A challenge for a passkey; `options` is for the authenticator."""

    challenge: str = Field(repr=False)
    expires_at: datetime
    options: dict[str, Any]


class Identity(Answered):
    """An address by which one logs in."""

    kind: str
    value: str
    verified_at: datetime | None


class ProgramSession(Answered):
    """A program's session, and the token that renews it once."""

    token: str = Field(repr=False)
    expires_at: datetime
    refresh_token: str = Field(repr=False)
    refresh_expires_at: datetime
    scopes: list[str]


class SecondFactors(Answered):
    """What a person can show besides their password."""

    methods: list[str]
    passkeys: list[Passkey]
    recovery_codes_left: int


class Totp(Answered):
    """A secret for an authenticator app."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class ApiKey(Answered):
    """A key of a program; `key` only of a new one."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    expires_at: datetime
    last_used_at: datetime | None
    key: str | None = Field(default=None, repr=False)


class Notification(Answered):
    """Something that one was told."""

    id: UUID
    kind: str
    title: str
    data: dict[str, Any]
    occurred_at: datetime
    read_at: datetime | None


class NotificationPage(Answered):
    """A page of notifications, newest first."""

    notifications: list[Notification]
    unread_count: int
    next_cursor: UUID | None


class NotificationChoice(Answered):
    """How one hears of a kind, and whether that is one's own to choose."""

    in_app: bool
    email: str
    changeable: bool


class NotificationPreferences(Answered):
    """How one hears of what."""

    version: int
    digest_hour: int
    digest_weekday: int
    time_zone: str
    email_verified: bool
    kinds: dict[str, NotificationChoice]


class Endpoint(Answered):
    """A program of one's own that is told of events."""

    id: UUID
    url: str
    event_types: list[str]
    state: str
    paused_until: datetime | None
    created_at: datetime
