"""What a person is told of a file that a task makes: how far it is, and where to fetch it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chassis.files import LINK_TTL, Files
from chassis.problems import Transient
from chassis.resources import Resources
from chassis.tasks import Task


class OrderedFile(BaseModel):
    """A file that was ordered; `url` is there when it is DONE, and ends soon."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    state: Literal["WAITING", "DONE", "DEAD"]
    failure: str | None
    created_at: datetime
    ended_at: datetime | None
    #: Until when the file is kept.
    expires_at: datetime | None
    url: str | None = None
    url_expires_in_seconds: int | None = None


def describe_order(task: Task) -> dict[str, Any]:
    """The fields that every `OrderedFile` has, without its link."""
    return {
        "id": task.id,
        "state": task.state,
        "failure": task.last_error if task.state == "DEAD" else None,
        "created_at": task.created_at,
        "ended_at": task.ended_at,
        "expires_at": task.expires_at,
    }


async def add_link[Shown: OrderedFile](shown: Shown, task: Task, resources: Resources) -> Shown:
    """The same with a link to the file, where there is one.

    Raises:
        Transient: Object storage is not configured, or gives no answer.
    """
    if task.result is None:
        return shown
    files: Files | None = resources.extra["files"]
    if files is None:
        raise Transient("object storage is not configured", retry_after_seconds=60)
    url = await files.link(task.result["path"])
    seconds = int(LINK_TTL.total_seconds())
    return shown.model_copy(update={"url": url, "url_expires_in_seconds": seconds})
