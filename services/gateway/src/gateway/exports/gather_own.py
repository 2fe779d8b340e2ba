"""Gather what this service keeps of a person."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from chassis.task_worker import Run
from gateway.access_log.browse import browse_accesses
from gateway.exports import queries
from gateway.exports.pack import Pack
from gateway.profiles.show import show_profile
from gateway.users.models import User

_PAGE: Final = 200


async def gather_own(
    run: Run, pack: Pack, user: User, step: Callable[[int], Awaitable[None]]
) -> None:
    """Write it into the archive: all but the looks from one moment.

    Args:
        run: The task.
        pack: The archive.
        user: The person.
        step: Called with the number of files that are done.

    Raises:
        ExportTooLarge: More is kept than a file takes.
    """
    database, now = run.resources.database, run.resources.clock.now()
    async with database.connection() as conn, conn.transaction(isolation="repeatable_read"):
        profile = (await show_profile(conn, user, now=now)).model_dump(mode="json")
        with pack.open("profile") as file:
            file.write([profile])
        for kind in queries.OWN:
            with pack.open(kind) as file:
                async for page in queries.select_own(conn, kind, user.id):
                    file.write(page)
    await step(1 + len(queries.OWN))
    with pack.open("looks_at_my_data") as file:
        async for page in _looks(run, user):
            file.write(page)
    await step(1)


async def _looks(run: Run, user: User) -> AsyncIterator[list[dict[str, Any]]]:
    after = None
    while True:
        async with run.resources.database.connection() as conn:
            page = await browse_accesses(conn, user.id, after=after, limit=_PAGE)
        yield [one.model_dump(mode="json") for one in page.accesses]
        after = page.next_cursor
        if after is None:
            return
