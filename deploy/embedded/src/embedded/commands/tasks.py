"""`localex tasks`: work that members asked for, and what was given up."""

import asyncio
import json
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places

LIST: Final = """
SELECT id, kind, state, attempts, done, total, due_at, last_error, created_at, ended_at FROM task
WHERE $1::text IS NULL OR state = $1 ORDER BY created_at LIMIT $2
"""


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="tasks", help="Look at work that members asked for.")
    group.command(list_, name="list")
    app.command(group)


def list_(
    *,
    service: str | None = None,
    state: str = "ALL",
    limit: int = 50,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    data: DataOption = None,
) -> None:
    """List tasks, the oldest first. What was given up is asked for again by its member.

    Args:
        service: One service; all otherwise.
        state: WAITING, DONE, DEAD or ALL.
        limit: At most this many of each service, up to 1,000.
        json_: Print JSON.
        data: Data folder.
    """
    from embedded.operating import chosen, enter, operating

    async def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        wanted = None if state.upper() == "ALL" else state.upper()
        async with operating(Places.of(data)) as conn:
            for name in chosen(service):
                await enter(conn, name)
                rows = await conn.fetch(LIST, wanted, min(max(limit, 1), 1000))
                found += [{"service": name, **dict(row)} for row in rows]
        return found

    tasks = asyncio.run(read())
    if json_:
        print(json.dumps(tasks, default=str, indent=1))
        return
    for one in tasks:
        total = "?" if one["total"] is None else one["total"]
        print(
            f"{one['created_at']:%m-%d %H:%M:%S} {one['state']:<8} {one['service']:<12} "
            f"{one['kind']:<12} {one['done']}/{total} tries {one['attempts']}  {one['id']}  "
            f"{one['last_error'] or ''}"
        )
    print(f"{len(tasks)} tasks.")
