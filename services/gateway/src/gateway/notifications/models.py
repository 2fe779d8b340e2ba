"""Words of notifications."""

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.notifications.lifecycle import HOUR, PAGE_MAX, WEEKDAY, Email

type MailState = Literal["pending", "sent", "dropped", "dead"]
type MailKind = Literal["notice", "digest", "security"]


class NotificationView(BaseModel):
    """A notification, as its person sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    #: In a line, in the person's language.
    title: str
    #: Ids and figures of what happened.
    data: dict[str, Any]
    occurred_at: datetime
    read_at: datetime | None


class NotificationPage(BaseModel):
    """A page of notifications, newest first."""

    model_config = ConfigDict(frozen=True)

    notifications: list[NotificationView]
    unread_count: int
    next_cursor: UUID | None


class Read(BaseModel):
    """Body of `POST /notifications/read`: some of them, or all up to one."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"up_to": "01936d00-0000-7000-8000-00000000000a"}]},
    )

    ids: Annotated[list[UUID], Field(min_length=1, max_length=PAGE_MAX)] | None = None
    up_to: UUID | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.ids is None) == (self.up_to is None):
            raise ValueError("give ids or up_to, one of them")
        return self


class Unread(BaseModel):
    """How many are still unread: 1,000 at most, as many as are kept."""

    model_config = ConfigDict(frozen=True)

    unread_count: int


class Wish(BaseModel):
    """How somebody wants to hear of a kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    in_app: bool
    email: Email


class PreferencesWish(BaseModel):
    """Body of `PUT /me/notification-preferences`: all of it; a kind left out is as assumed."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "digest_hour": 8,
                    "digest_weekday": 1,
                    "kinds": {"trade_offered": {"in_app": True, "email": "daily"}},
                }
            ]
        },
    )

    #: Local time, in the zone of the profile.
    digest_hour: Annotated[int, Field(ge=0, le=23)] = HOUR
    #: Monday is 1.
    digest_weekday: Annotated[int, Field(ge=1, le=7)] = WEEKDAY
    kinds: Annotated[dict[str, Wish], Field(max_length=100)] = {}


class ChoiceView(Wish):
    """How somebody hears of a kind, and whether that is theirs to choose."""

    changeable: bool


class PreferencesView(BaseModel):
    """How somebody hears of what."""

    model_config = ConfigDict(frozen=True)

    version: int
    digest_hour: int
    digest_weekday: int
    #: From the profile.
    time_zone: str
    #: Without, only what concerns safety is mailed: verify it with POST /v1/me/verifications.
    email_verified: bool
    kinds: dict[str, ChoiceView]


class MailView(BaseModel):
    """A mail, as operators see it: neither its address nor its words."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    user_id: UUID
    kind: MailKind
    state: MailState
    attempts: int
    error: str | None
    created_at: datetime
    due_at: datetime
    done_at: datetime | None


class MailPage(BaseModel):
    """A page of mails, newest first."""

    model_config = ConfigDict(frozen=True)

    mails: list[MailView]
    next_cursor: UUID | None


class Due(NamedTuple):
    """A mail to be tried now."""

    id: UUID
    user_id: UUID
    kind: str
    attempts: int
