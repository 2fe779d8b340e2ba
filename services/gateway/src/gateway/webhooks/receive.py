"""Receive a message of another program."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from chassis.database import Connection
from gateway.webhooks import queries
from gateway.webhooks.errors import NoSuchSource, WrongSignature
from gateway.webhooks.lifecycle import is_signed


async def receive_webhook(
    conn: Connection,
    source: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    secrets: Mapping[str, Sequence[str]],
    now: datetime,
) -> bool:
    """Keep a message as it came, once for its id.

    Args:
        conn: Open transaction; the caller commits.
        source: Who sends, by the name in the settings.
        body: As it came.
        headers: Of the request.
        secrets: By source.
        now: The clock's time.

    Returns:
        False when it was there already.

    Raises:
        NoSuchSource: Nobody sends under this name.
        WrongSignature: It is not signed with a secret of its source, or not of now.
    """
    known = secrets.get(source)
    if not known:
        raise NoSuchSource(f"nobody sends as {source!r} here")
    message_id = headers.get("webhook-id", "")
    sent_at = headers.get("webhook-timestamp", "")
    offered = headers.get("webhook-signature", "")
    if len(message_id) > 200 or not is_signed(known, message_id, sent_at, offered, body, now):  # noqa: PLR2004 - as the table has it
        raise WrongSignature(
            "sign with a secret of this source as Standard Webhooks says, within five minutes"
        )
    at = datetime.fromtimestamp(int(sent_at), UTC)
    return await queries.insert_received(conn, (source, message_id, at, now, body))
