"""End mails of a kind, or digests."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.notifications import queries
from gateway.notifications.errors import NoSuchLink
from gateway.notifications.lifecycle import KINDS, Email, is_security
from gateway.notifications.models import PreferencesWish, Wish
from gateway.notifications.tokens import DIGESTS


async def unsubscribe(conn: Connection, user_id: UUID, what: str, *, now: datetime) -> None:
    """Send a person no more mails of a kind, or no more digests. A repeat changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose link was followed.
        what: A kind, or `DIGESTS`: all that would come in one.
        now: The clock's time.

    Raises:
        NoSuchLink: The person has left, or the kind is gone.
    """
    if (what not in KINDS and what != DIGESTS) or is_security(what):
        raise NoSuchLink("mails of this kind are not sent any more")
    if user_id not in await queries.lock_boxes(conn, [user_id], now):
        raise NoSuchLink("its person has left")
    habits = (await queries.select_habits(conn, [user_id]))[user_id]
    ended = {
        kind: Wish(in_app=habits.choice(kind).in_app, email="never")
        for kind in KINDS
        if _is_meant(kind, habits.choice(kind).email, what)
    }
    if not ended:
        return
    kept = {kind: Wish(**choice._asdict()) for kind, choice in (habits.choices or {}).items()}
    wish = PreferencesWish(
        digest_hour=habits.digest_hour,
        digest_weekday=habits.digest_weekday,
        kinds={**kept, **ended},
    )
    await queries.replace_habits(conn, user_id, habits.version + 1, wish, now)


def _is_meant(kind: str, email: Email, what: str) -> bool:
    """Whether a link ends mails of a kind that still come."""
    if is_security(kind) or email == "never":
        return False
    return kind == what or (what == DIGESTS and email in {"daily", "weekly"})
