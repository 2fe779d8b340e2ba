"""`localex dead`: letters that consumers gave up, looked at, handled again or given up for good."""

import asyncio
import json
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places

if TYPE_CHECKING:
    from chassis.database import Connection

LIST: Final = """
SELECT id, consumer, type_name, key, topic, partition, message_offset, reason, redrives, state,
    dead_at, event_id, trace_id, stack_digest
FROM dead_letter
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR consumer = $2)
ORDER BY id DESC LIMIT $3
"""
SHOW: Final = "SELECT * FROM dead_letter WHERE id = $1"
ACTIONS: Final = """
SELECT acted_at, acted_by, action, reason FROM operator_action
WHERE action LIKE 'dead.%' AND subject = $1 ORDER BY id
"""
STATE: Final = "SELECT state, reason FROM dead_letter WHERE id = $1"
PAYLOAD_CHARACTERS: Final = 4000

type JsonOption = Annotated[bool, Parameter(name="--json", negative=())]
type ByOption = Annotated[str | None, Parameter(name="--by", help="Who acts; the user otherwise.")]


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="dead", help="Look after messages that consumers gave up.")
    group.command(list_, name="list")
    group.command(show)
    group.command(redrive)
    group.command(discard)
    app.command(group)


def list_(
    *,
    service: str | None = None,
    state: str = "DEAD",
    consumer: str | None = None,
    limit: int = 50,
    json_: JsonOption = False,
    data: DataOption = None,
) -> None:
    """List dead letters, the newest first.

    Args:
        service: One service; all otherwise.
        state: DEAD, WAITING, REDRIVEN, DISCARDED or ALL.
        consumer: One consumer, such as marketplace.trades.
        limit: At most this many of each service, up to 1,000.
        json_: Print JSON.
        data: Data folder.
    """
    from embedded.operating import chosen, enter, operating

    async def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with operating(Places.of(data)) as conn:
            for name in chosen(service):
                await enter(conn, name)
                wanted = None if state.upper() == "ALL" else state.upper()
                rows = await conn.fetch(LIST, wanted, consumer, min(max(limit, 1), 1000))
                found += [{"letter": f"{name}/{row['id']}", **dict(row)} for row in rows]
        return found

    letters = asyncio.run(read())
    if json_:
        print(json.dumps(letters, default=str, indent=1))
        return
    for one in letters:
        print(
            f"{one['letter']:<18} {one['dead_at']:%m-%d %H:%M:%S} {one['state']:<9} "
            f"{one['consumer']:<22} {one['type_name'] or '?':<28} redrives {one['redrives']}  "
            f"{one['reason'][:120]}"
        )
    print(f"{len(letters)} letters.")


def show(letter: str, /, *, json_: JsonOption = False, data: DataOption = None) -> None:
    """Show a dead letter whole: reason, place, headers, payload, and what was done about it.

    Args:
        letter: As listed, such as marketplace/7.
        json_: Print JSON.
        data: Data folder.
    """

    async def read(conn: "Connection", number: int) -> dict[str, Any]:
        row = await conn.fetchrow(SHOW, number)
        if row is None:
            raise LookupError(f"there is no dead letter {letter}")
        payload = bytes(row["payload"] or b"").decode("utf-8", "backslashreplace")
        done = await conn.fetch(ACTIONS, str(number))
        shown = {**dict(row), "payload": payload[:PAYLOAD_CHARACTERS]}
        return shown | {"actions": [dict(action) for action in done]}

    found = asyncio.run(_with_letter(letter, data, read))
    if json_:
        print(json.dumps(found, default=str, indent=1))
        return
    for name, value in found.items():
        if name == "actions":
            for one in value:
                print(f"  {one['acted_at']:%Y-%m-%d %H:%M:%S} {one['acted_by']} {one['action']}")
        else:
            print(f"{name:<15} {value}")


def redrive(
    *letters: str,
    reason: str | None = None,
    by: ByOption = None,
    wait_seconds: float = 15,
    data: DataOption = None,
) -> None:
    """Have letters handled again, each by the consumer that gave it up; five times at most.

    Args:
        letters: As listed, such as marketplace/7; in the order in which they should be handled.
        reason: Why it should go better now.
        by: Who acts.
        wait_seconds: How long to wait for what becomes of each.
        data: Data folder.
    """
    from embedded.operating import myself

    async def ask(conn: "Connection", number: int) -> str:
        times = await conn.fetchval(
            "SELECT redrive_dead_letter($1, $2, $3)", number, myself(by), reason
        )
        until = time.monotonic() + wait_seconds
        row = await conn.fetchrow(STATE, number)
        while row["state"] == "WAITING" and time.monotonic() < until:
            await asyncio.sleep(0.2)
            row = await conn.fetchrow(STATE, number)
        return f"{row['state']} (redrive {times} of 5): {row['reason']}"

    _need(letters)
    for letter in letters:
        print(f"{letter}: {asyncio.run(_with_letter(letter, data, ask))}")


def discard(*letters: str, reason: str, by: ByOption = None, data: DataOption = None) -> None:
    """Give letters up for good. They stay in the table, with who did it and why.

    Args:
        letters: As listed, such as marketplace/7.
        reason: Why they may be lost.
        by: Who acts.
        data: Data folder.
    """
    from embedded.operating import myself

    async def ask(conn: "Connection", number: int) -> None:
        await conn.execute("SELECT discard_dead_letter($1, $2, $3)", number, myself(by), reason)

    _need(letters)
    for letter in letters:
        asyncio.run(_with_letter(letter, data, ask))
        print(f"{letter}: DISCARDED")


def _need(letters: tuple[str, ...]) -> None:
    if not letters:
        raise LookupError("name letters as `localex dead list` shows them, such as marketplace/7")


async def _with_letter(letter: str, data: DataOption, work: Any) -> Any:
    from embedded.operating import enter, operating

    service, _, number = letter.partition("/")
    if not number.isdecimal():
        raise LookupError(f"{letter!r} is no letter: `localex dead list` shows them")
    async with operating(Places.of(data)) as conn:
        await enter(conn, service)
        return await work(conn, int(number))
