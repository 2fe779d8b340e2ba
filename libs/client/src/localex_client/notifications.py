"""Notifications: what one was told, and how one wants to hear."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from localex_client.office_models import Mail, MailPage
from localex_client.people_models import NotificationPage, NotificationPreferences
from localex_client.wire import Wire, new_key


class Notifications(Wire):
    """Calls about notifications."""

    async def notifications(
        self, *, unread: bool = False, cursor: UUID | None = None, limit: int = 50
    ) -> NotificationPage:
        """What one was told, newest first, and how much of it is unread."""
        query = {"unread": unread, "cursor": str(cursor) if cursor else None, "limit": limit}
        return NotificationPage.model_validate(
            await self.ask("GET", "/v1/notifications", query=query)
        )

    async def read_notifications(self, ids: Sequence[UUID], *, key: str | None = None) -> int:
        """One has read these; returns how many are still unread.

        Raises:
            ProblemError: One of them is not one's own; nothing is marked.
        """
        body = {"ids": [str(one) for one in ids]}
        answer = await self.write("/v1/notifications/read", body, key)
        return int(answer["unread_count"])

    async def notification_preferences(self) -> NotificationPreferences:
        """How one hears of what."""
        found = await self.ask("GET", "/v1/me/notification-preferences")
        return NotificationPreferences.model_validate(found)

    async def choose_notifications(
        self,
        kinds: Mapping[str, str],
        *,
        digest_hour: int = 8,
        digest_weekday: int = 1,
        key: str | None = None,
    ) -> NotificationPreferences:
        """Hear of kinds by e-mail `at_once`, `daily`, `weekly` or `never`; of others as usual.

        Raises:
            ProblemError: A kind is unknown, or can't be chosen; or somebody chose meanwhile.
        """
        seen = await self.notification_preferences()
        body = {
            "digest_hour": digest_hour,
            "digest_weekday": digest_weekday,
            "kinds": {kind: {"in_app": True, "email": email} for kind, email in kinds.items()},
        }
        answer = await self.ask(
            "PUT",
            "/v1/me/notification-preferences",
            json=body,
            key=key or new_key(),
            headers={"If-Match": f'"{seen.version}"'},
        )
        return NotificationPreferences.model_validate(answer)

    async def mails(
        self, *, state: str = "dead", cursor: UUID | None = None, limit: int = 50
    ) -> MailPage:
        """Mails by their state: `pending`, `sent`, `dropped` or `dead`. Operators only."""
        query = {"state": state, "cursor": str(cursor) if cursor else None, "limit": limit}
        return MailPage.model_validate(
            await self.ask("GET", "/v1/notifications/mails", query=query)
        )

    async def redrive_mail(self, mail_id: UUID, *, key: str | None = None) -> Mail:
        """Try a dead mail again. Operators only.

        Raises:
            ProblemError: There is no dead mail with this id.
        """
        path = f"/v1/notifications/mails/{mail_id}/redrive"
        return Mail.model_validate(await self.write(path, {}, key))
