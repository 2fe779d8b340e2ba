"""Make an export."""

import tempfile
from collections.abc import AsyncIterator
from typing import IO, Any, Final

from chassis.files import PART_BYTES, Files
from chassis.problems import Transient
from chassis.task_worker import Run, TaskKind
from gateway.access_log.browse import browse_accesses
from gateway.exports.errors import NoSuchExport
from gateway.exports.lifecycle import KEEP, SOURCES, kinds
from gateway.exports.pack import Pack
from gateway.exports.tell import tell_export
from gateway.profiles.show import show_profile
from gateway.proxy.as_person import Asker, Source
from gateway.sessions.browse import browse_sessions
from gateway.users.browse_identities import browse_identities
from gateway.users.find_user import find_user
from gateway.users.models import User

MEDIA_TYPE: Final = "application/zip"
_PAGE: Final = 200
_SESSIONS_MAX: Final = 1_000
#: Profile, identities, sessions, looks at one's data.
_OWN: Final = 4


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
    with tempfile.TemporaryFile() as file:
        with Pack(file) as pack:
            began_at = resources.clock.now()
            lines = await _gather_own(run, pack, user)
            lines += await _gather_others(run, pack, Asker.of(resources, user.id, user.community))
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
    return {"path": path, "bytes": size, "lines": lines}


async def _gather_own(run: Run, pack: Pack, user: User) -> int:
    """What this service keeps."""
    database, now = run.resources.database, run.resources.clock.now()
    async with database.connection() as conn:
        profile = (await show_profile(conn, user, now=now)).model_dump(mode="json")
        known = await browse_identities(conn, user.id)
        identities = [
            {"kind": k.identity.kind, "value": k.identity.value, "verified_at": k.verified_at}
            for k in known
        ]
        found = await browse_sessions(conn, user.id, current=None, now=now, limit=_SESSIONS_MAX)
        sessions = [one.model_dump(mode="json") for one in found]
    lines = 0
    own = {"profile": [profile], "identities": identities, "sessions": sessions}
    for kind, told in own.items():
        with pack.open(kind) as file:
            file.write(told)
            lines += file.lines
    with pack.open("looks_at_my_data") as file:
        async for page in _looks(run, user):
            file.write(page)
        lines += file.lines
    await run.progress(_OWN, _OWN + len(kinds()))
    return lines


async def _looks(run: Run, user: User) -> AsyncIterator[list[dict[str, Any]]]:
    after = None
    while True:
        async with run.resources.database.connection() as conn:
            page = await browse_accesses(conn, user.id, after=after, limit=_PAGE)
        yield [one.model_dump(mode="json") for one in page.accesses]
        after = page.next_cursor
        if after is None:
            return


async def _gather_others(run: Run, pack: Pack, asker: Asker) -> int:
    """What the other services show the person."""
    done = lines = 0
    for source in SOURCES:
        things: list[str] = []
        with pack.open(source.kind) as file:
            async for page in asker.pages(source):
                file.write(page)
                if source.of:
                    things += [str(line["id"]) for line in page]
            lines += file.lines
        done += 1
        await run.progress(_OWN + done, _OWN + len(kinds()))
        for part in source.of:
            lines += await _gather_parts(pack, asker, part, things)
            done += 1
            await run.progress(_OWN + done, _OWN + len(kinds()))
    return lines


async def _gather_parts(pack: Pack, asker: Asker, part: Source, things: list[str]) -> int:
    """The lists of each thing, in one file."""
    with pack.open(part.kind) as file:
        for thing in things:
            async for page in asker.pages(part, thing):
                file.write({part.link: thing} | line for line in page)
        return file.lines


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while part := file.read(PART_BYTES):
        yield part


EXPORT: Final = TaskKind(make_export, KEEP, tell_export)
