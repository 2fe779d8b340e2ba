"""Try a dead mail anew."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.notifications.errors import NoSuchMail
from gateway.notifications.mails import queries
from gateway.notifications.models import MailView


async def redrive_mail(conn: Connection, mail_id: UUID, *, now: datetime) -> MailView:
    """Let a dead mail be tried again, from the first try on.

    Args:
        conn: Open transaction; the caller commits.
        mail_id: Which.
        now: The clock's time.

    Raises:
        NoSuchMail: There is none with this id that is dead.
    """
    found = await queries.redrive_mail(conn, mail_id, now)
    if found is None:
        raise NoSuchMail("see GET /v1/notifications/mails?state=dead")
    before, after = {"state": "dead"}, {"state": found.state, "due_at": found.due_at}
    await record_acts(conn, Act("mail.redriven", "mail", str(mail_id), before=before, after=after))
    return found
