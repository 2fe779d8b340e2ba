"""Files that no task knows any more: their worker wrote them and died, and the task was forgotten.

Whoever forgets a task removes the file that its result names. A worker that lost its task may still
write one: it is found by its name, which is the task's id.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final
from uuid import UUID

from chassis.files import Files
from chassis.logs import get_logger
from chassis.resources import Resources
from chassis.tasks import select_known

log = get_logger(__name__)

PAGE: Final = 500
#: Far longer than a task may take.
YOUNG: Final = timedelta(days=1)


@dataclass
class Sweep:
    """Goes over a service's files, a page at a time, again and again.

    Attributes:
        after: Where the page before ended; empty when a round begins, as in a new process.
    """

    after: str = ""

    async def sweep_page(self, resources: Resources, *, machine_now: datetime) -> list[str]:
        """Remove the files of a page that are old and whose task is not there.

        Args:
            resources: With database and files.
            machine_now: By the machine's clock, as the storage tells its times.

        Returns:
            What was removed.

        Raises:
            Transient: Object storage gives no answer.
        """
        files: Files | None = resources.extra.get("files")
        if files is None:
            return []
        page = await files.page(self.after, PAGE)
        named = {
            one.path: task_id
            for one in page
            if machine_now - one.changed_at > YOUNG and (task_id := _task_of(one.path))
        }
        async with resources.database.connection() as conn:
            known = await select_known(conn, list(named.values()))
        strays = [path for path, task_id in named.items() if task_id not in known]
        for path in strays:
            await files.remove(path)
        self.after = page[-1].path if len(page) == PAGE else ""
        if strays:
            log.info("files.swept", count=len(strays))
        return strays


def _task_of(path: str) -> UUID | None:
    """Whose file it is by its name; nothing for what no task wrote."""
    try:
        return UUID(PurePosixPath(path).stem)
    except ValueError:
        return None
