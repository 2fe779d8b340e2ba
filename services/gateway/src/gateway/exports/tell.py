"""Tell a person that their export has ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis import outbox
from chassis.database import Connection
from chassis.tasks import Task
from contracts.gateway import ExportEnded
from gateway.users.find_user import find_user


async def tell_export(
    conn: Connection, task: Task, result: Mapping[str, Any] | None, now: datetime
) -> None:
    """Say that an export is ready, or was given up.

    Args:
        conn: The transaction in which it ends.
        task: The export.
        result: What came of it; nothing if it was given up.
        now: The clock's time.

    Emits:
        ExportEnded on `gateway.exports.v1`, keyed by person; not for one who has left.
    """
    if await find_user(conn, task.owner_id) is None:
        return
    await outbox.emit(
        conn,
        ExportEnded(
            user_id=task.owner_id,
            export_id=task.id,
            ready=result is not None,
            ended_at=now,
        ),
    )
