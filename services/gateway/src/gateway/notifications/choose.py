"""Choose how to hear what."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.preconditions import require_version
from gateway.notifications import queries
from gateway.notifications.errors import NobodyToTell, SecurityIsAlwaysTold, UnknownKind
from gateway.notifications.lifecycle import KINDS, Habits, is_security
from gateway.notifications.models import PreferencesWish, Wish


async def choose_preferences(
    conn: Connection,
    user_id: UUID,
    wish: PreferencesWish,
    *,
    accepted: frozenset[int] | None,
    now: datetime,
) -> None:
    """Keep how a person wants to hear what, in place of what was before.

    What waits for a digest goes by the new choice, too.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
        wish: All of it.
        accepted: Versions that the person has seen; nothing means any.
        now: The clock's time.

    Raises:
        UnknownKind: It names a kind that does not exist.
        SecurityIsAlwaysTold: It would switch off what can't be.
        NobodyToTell: The person has left.
        StaleVersion: It was made from another version.
    """
    chosen = _check(wish.kinds)
    if user_id not in await queries.lock_boxes(conn, [user_id], now):
        raise NobodyToTell("they have left")
    before = (await queries.select_habits(conn, [user_id]))[user_id]
    require_version(before.version, accepted)
    kept = wish.model_copy(update={"kinds": chosen})
    await queries.replace_habits(conn, user_id, before.version + 1, kept, now)


def _check(kinds: dict[str, Wish]) -> dict[str, Wish]:
    """The choices that a person can make; what can't be chosen may only be said as it is."""
    unknown = sorted(kinds.keys() - KINDS.keys())
    if unknown:
        raise UnknownKind(
            "check kinds: GET /v1/me/notification-preferences lists them",
            errors=[
                {"field": f"kinds.{kind[:60]}", "rule": "known", "message": "there is no such kind"}
                for kind in unknown
            ],
        )
    as_it_is = Habits()
    refused = [
        kind
        for kind, wish in kinds.items()
        if is_security(kind) and (wish.in_app, wish.email) != as_it_is.choice(kind)
    ]
    if refused:
        raise SecurityIsAlwaysTold(
            "what concerns the safety of your account is always told at once",
            errors=[
                {
                    "field": f"kinds.{kind}",
                    "rule": "always",
                    "message": "leave it out, or send in_app true and email at_once",
                }
                for kind in sorted(refused)
            ],
        )
    return {kind: wish for kind, wish in kinds.items() if not is_security(kind)}
