"""Make an export."""

import tempfile
from collections.abc import AsyncIterator
from typing import IO, Any, Final

from chassis.files import PART_BYTES, Files
from chassis.problems import Transient
from chassis.task_worker import Run, TaskKind
from gateway.exports.describe import describe_archive
from gateway.exports.errors import NoSuchExport
from gateway.exports.gather_others import gather_others
from gateway.exports.gather_own import gather_own
from gateway.exports.gather_pictures import gather_pictures
from gateway.exports.lifecycle import KEEP, kinds
from gateway.exports.pack import Pack
from gateway.exports.queries import OWN
from gateway.exports.tell import tell_export
from gateway.proxy.as_person import Asker
from gateway.users.find_user import find_user

MEDIA_TYPE: Final = "application/zip"
#: Profile, this service's lists, looks at one's data, the services' lists, pictures.
PARTS: Final = 1 + len(OWN) + 1 + len(kinds()) + 1


async def make_export(run: Run) -> dict[str, Any]:
    """Gather all that is kept of a person, and write it into object storage as one file.

    Each list is read page by page as it is then: the export is of some minutes, which its manifest
    tells, not of one moment.

    Args:
        run: The task; its owner is the person.

    Returns:
        Where it lies, and how much it holds.

    Raises:
        NoSuchExport: The person has left.
        ExportTooLarge: More is kept than a file takes.
        TaskLost: Another worker makes it.
        Transient: Object storage or a service is away.
    """
    resources, user_id = run.resources, run.task.owner_id
    files: Files | None = resources.extra["files"]
    if files is None:
        raise Transient("object storage is not configured", retry_after_seconds=60)
    async with resources.database.connection() as conn:
        user = await find_user(conn, user_id)
    if user is None:
        raise NoSuchExport("its person has left")
    done = 0

    async def step(files: int) -> None:
        nonlocal done
        done += files
        await run.progress(done, PARTS)

    asker = Asker.of(resources, user.id, user.community)
    with tempfile.TemporaryFile() as file:
        with Pack(file) as pack:
            began_at = resources.clock.now()
            await gather_own(run, pack, user, step)
            await gather_others(pack, asker, step)
            lines = pack.lines()
            pictures = await gather_pictures(pack, asker)
            await step(1)
            pack.add_readme(describe_archive(lines, began_at))
            pack.close(
                {
                    "user_id": user_id,
                    "began_at": began_at,
                    "ended_at": resources.clock.now(),
                }
            )
        size = file.tell()
        path = files.path(f"{run.task.id}.zip")
        name = f"localex-{began_at:%Y%m%d}.zip"
        await files.write(path, _parts(file), media_type=MEDIA_TYPE, file_name=name)
    return {"path": path, "bytes": size, "lines": sum(lines.values()), "pictures": pictures}


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while part := file.read(PART_BYTES):
        yield part


EXPORT: Final = TaskKind(make_export, KEEP, tell_export)
