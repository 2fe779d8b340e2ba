"""`/notifications`, `/me/notification-preferences`, and the link in each mail."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from chassis.access import ANYONE
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.preconditions import SeenVersion, etag_of
from chassis.resources import Now, OpenDatabase, OpenResources, Resources
from gateway.notifications.browse import browse_notifications
from gateway.notifications.choose import choose_preferences
from gateway.notifications.compose import render_page
from gateway.notifications.errors import NoSuchLink
from gateway.notifications.lifecycle import PAGE_MAX
from gateway.notifications.mails import queries as mail_queries
from gateway.notifications.mails.redrive import redrive_mail
from gateway.notifications.mark import mark_read
from gateway.notifications.models import (
    MailPage,
    MailState,
    MailView,
    NotificationPage,
    PreferencesView,
    PreferencesWish,
    Read,
    Unread,
)
from gateway.notifications.show import show_preferences
from gateway.notifications.tokens import DIGESTS, TOKEN_MAX
from gateway.notifications.unsubscribe import unsubscribe
from gateway.sessions.access import LoggedIn, LoggedInOperator

router = APIRouter(tags=["notifications"])

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Token = Annotated[str, Query(max_length=TOKEN_MAX)]


@router.get("/notifications")
async def list_notifications(
    session: LoggedIn,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Limit = 50,
    *,
    unread: bool = False,
) -> NotificationPage:
    """What you were told, newest first, for 90 days; told live by `gateway.NotificationMade`."""
    async with database.connection() as conn:
        return await browse_notifications(
            conn, session.user.id, cursor=cursor, unread=unread, limit=limit
        )


@router.post("/notifications/read", response_model=Unread)
async def post_read(
    read: Read, session: LoggedIn, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """You have read some of them, or all up to one."""
    user_id = session.user.id
    content = read.model_dump(mode="json")
    request = KeyedRequest(str(user_id), key, "POST /v1/notifications/read", content)

    async def perform(conn: Connection) -> Answer:
        left = await mark_read(conn, user_id, read, now=now)
        return Answer.of(200, left.model_dump(mode="json"))

    return await answer_once(database, request, perform)


@router.get("/me/notification-preferences")
async def get_preferences(
    session: LoggedIn, database: OpenDatabase, response: Response, now: Now
) -> PreferencesView:
    """How you hear of what: in the app, and by e-mail at once, in a digest, or never."""
    async with database.connection() as conn:
        shown = await show_preferences(conn, session.user.id, now=now)
    response.headers["ETag"] = etag_of(shown.version)
    return shown


@router.put("/me/notification-preferences", response_model=PreferencesView)
async def put_preferences(
    wish: PreferencesWish,
    session: LoggedIn,
    seen: SeenVersion,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Choose; kinds that are left out are as assumed. What concerns safety is always told."""
    user_id = session.user.id
    content = wish.model_dump(mode="json")
    content["if_match"] = sorted(seen) if seen is not None else None
    request = KeyedRequest(str(user_id), key, "PUT /v1/me/notification-preferences", content)

    async def perform(conn: Connection) -> Answer:
        await choose_preferences(conn, user_id, wish, accepted=seen, now=now)
        shown = await show_preferences(conn, user_id, now=now)
        return Answer.of(200, shown.model_dump(mode="json"), ETag=etag_of(shown.version))

    return await answer_once(database, request, perform)


def _read_link(resources: Resources, token: str) -> tuple[UUID, str]:
    found: tuple[UUID, str] | None = resources.extra["unsubscriber"].read(token)
    if found is None:
        raise NoSuchLink("follow the link as it is in the mail, or choose in the app")
    return found


def _page(*, done: bool, what: str) -> HTMLResponse:
    # With no referrer at all a browser would say of its own form that it comes from nowhere.
    headers = {"Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
    return HTMLResponse(render_page("en", done=done, digest=what == DIGESTS), headers=headers)


@router.get("/notifications/unsubscribe", response_class=HTMLResponse, dependencies=[ANYONE])
async def ask_unsubscribe(token: Token, resources: OpenResources) -> HTMLResponse:
    """The page behind the link in a mail. It changes nothing: programs that scan mails open it."""
    _, what = _read_link(resources, token)
    return _page(done=False, what=what)


@router.post("/notifications/unsubscribe", response_class=HTMLResponse, dependencies=[ANYONE])
async def post_unsubscribe(
    token: Token, database: OpenDatabase, resources: OpenResources, now: Now
) -> HTMLResponse:
    """No more mails of this kind (RFC 8058): no log-in, and the body is not looked at.

    This POST takes no Idempotency-Key: mail programs send none, and repeating it changes nothing.
    """
    user_id, what = _read_link(resources, token)
    async with database.transaction() as conn:
        await unsubscribe(conn, user_id, what, now=now)
    return _page(done=True, what=what)


@router.get("/notifications/mails")
async def list_mails(
    _session: LoggedInOperator,
    database: OpenDatabase,
    state: MailState = "dead",
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> MailPage:
    """Mails by their state, those that could not be sent first of all. Operators only."""
    async with database.connection() as conn:
        found = await mail_queries.select_mails(conn, state, cursor, limit + 1)
    page = found[:limit]
    return MailPage(mails=page, next_cursor=page[-1].id if len(found) > limit else None)


@router.post("/notifications/mails/{mail_id}/redrive", response_model=MailView)
async def post_redrive(
    mail_id: UUID, session: LoggedInOperator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Try a dead mail again, from the first try on. Operators only."""
    request = KeyedRequest(
        str(session.user.id),
        key,
        "POST /v1/notifications/mails/{mail_id}/redrive",
        {"mail_id": str(mail_id)},
    )

    async def perform(conn: Connection) -> Answer:
        mail = await redrive_mail(conn, mail_id, now=now)
        return Answer.of(200, mail.model_dump(mode="json"))

    return await answer_once(database, request, perform)
