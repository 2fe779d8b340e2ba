"""`localex outbox`: what waits to be said, and saying again what was lost."""

import asyncio
import json
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places

STATUS: Final = """
SELECT
    count(*) FILTER (WHERE published_at IS NULL AND failed_at IS NULL) AS pending,
    count(*) FILTER (WHERE failed_at IS NOT NULL AND published_at IS NULL) AS failed,
    count(*) FILTER (WHERE published_at IS NOT NULL) AS published,
    coalesce(extract(EPOCH FROM clock_timestamp() - min(created_at)
        FILTER (WHERE published_at IS NULL AND failed_at IS NULL)), 0)::float8 AS oldest_seconds,
    min(created_at) AS kept_since
FROM outbox
"""
WAITING: Final = """
SELECT (SELECT count(*) FROM parked_message) AS parked,
    (SELECT count(*) FROM dead_letter WHERE state = 'DEAD') AS dead
"""
FAILED: Final = """
SELECT id, topic, key, attempts, failed_at, last_error FROM outbox
WHERE failed_at IS NOT NULL AND published_at IS NULL ORDER BY id LIMIT 20
"""
REPLAY: Final = "SELECT replay_outbox($1, $2, $3, $4, $5, $6)"

type JsonOption = Annotated[bool, Parameter(name="--json", negative=())]


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="outbox", help="Look after events on their way to Kafka.")
    group.command(status)
    group.command(replay)
    app.command(group)


def status(
    *, service: str | None = None, json_: JsonOption = False, data: DataOption = None
) -> None:
    """Show what is pending, failed and published, what is parked and what is dead.

    Args:
        service: One service; all otherwise.
        json_: Print JSON.
        data: Data folder.
    """
    from embedded.operating import chosen, enter, operating

    async def read() -> dict[str, dict[str, Any]]:
        found = {}
        async with operating(Places.of(data)) as conn:
            for name in chosen(service):
                await enter(conn, name)
                found[name] = {
                    **dict(await conn.fetchrow(STATUS)),
                    **dict(await conn.fetchrow(WAITING)),
                    "failures": [dict(row) for row in await conn.fetch(FAILED)],
                }
        return found

    services = asyncio.run(read())
    if json_:
        print(json.dumps(services, default=str, indent=1))
        return
    print(
        f"{'service':<12} {'pending':>9} {'oldest':>9} {'failed':>7} {'published':>10} "
        f"{'parked':>7} {'dead':>6}"
    )
    for name, one in services.items():
        print(
            f"{name:<12} {one['pending']:>9,} {one['oldest_seconds']:>7.1f} s {one['failed']:>7,} "
            f"{one['published']:>10,} {one['parked']:>7,} {one['dead']:>6,}"
        )
        for failure in one["failures"]:
            print(f"  failed: {failure['topic']} {failure['key']}: {failure['last_error']}")


def replay(  # noqa: PLR0913 - the options of a command
    service: str,
    /,
    *,
    since: str,
    until: str = "0s",
    topic: str | None = None,
    key: str | None = None,
    reason: str | None = None,
    by: str | None = None,
    data: DataOption = None,
) -> None:
    """Send events again that Kafka has lost or refused; consumers know those they have handled.

    Args:
        service: Whose events.
        since: How long ago (2h, 7d) or an ISO 8601 time; at most seven days.
        until: The same; now when not given.
        topic: One topic only.
        key: One aggregate only.
        reason: Why.
        by: Who acts; the user otherwise.
        data: Data folder.
    """
    from embedded.operating import enter, moment, myself, operating

    async def ask() -> int:
        async with operating(Places.of(data)) as conn:
            await enter(conn, service)
            times = moment(since), moment(until)
            return int(await conn.fetchval(REPLAY, *times, topic, key, myself(by), reason))

    print(f"{asyncio.run(ask()):,} events will be sent again.")
