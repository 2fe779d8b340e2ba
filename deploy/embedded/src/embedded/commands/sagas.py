"""`localex sagas`: trades under way, and help for those that do not move."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from cyclopts import App, Parameter

from embedded.commands.options import DataOption
from embedded.places import Places

_SETTING: Final = "MARKETPLACE_DATABASE_URL"
REPLAY_ANSWERS: Final = """
SELECT replay_outbox(clock_timestamp() - interval '167 hours', clock_timestamp(),
    'ledger.escrow.v1', $1, $2, $3)
"""
OBSTACLES: Final = """
SELECT 'dead letter ' || $1 || '/' || id || ': ' || reason AS obstacle
FROM dead_letter WHERE key = $2 AND state IN ('DEAD', 'WAITING')
UNION ALL
SELECT 'parked in ' || $1 || ': version ' || version FROM parked_message WHERE key = $2
LIMIT 5
"""

type JsonOption = Annotated[bool, Parameter(name="--json", negative=())]
type ByOption = Annotated[str | None, Parameter(name="--by", help="Who acts; the user otherwise.")]


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="sagas", help="Look after trades that run over several services.")
    group.command(list_, name="list")
    group.command(resume)
    group.command(compensate)
    app.command(group)


def list_(
    *,
    stuck: Annotated[bool, Parameter(negative=())] = False,
    older_than_minutes: float = 10,
    limit: int = 50,
    json_: JsonOption = False,
    data: DataOption = None,
) -> None:
    """List sagas under way, those that moved the longest ago first.

    Args:
        stuck: Only those that the ledger has owed an answer for a while, with what is in the way.
        older_than_minutes: How long a while is.
        limit: At most this many, up to 1,000.
        json_: Print JSON.
        data: Data folder.
    """
    from embedded.operating import (
        connected,
        enter,
        operating,
        reach_every_community,
        setting,
    )
    from marketplace.trades.queries import select_sagas

    async def read() -> list[dict[str, Any]]:
        places = Places.of(data)
        since = datetime.now(UTC) - timedelta(minutes=older_than_minutes) if stuck else None
        async with connected(setting(places, _SETTING)) as conn:
            await reach_every_community(conn)
            sagas = await select_sagas(conn, since, min(max(limit, 1), 1000))
        async with operating(places) as conn:
            for saga in sagas if stuck else ():
                saga["in_the_way"] = []
                for service in ("marketplace", "ledger"):
                    await enter(conn, service)
                    rows = await conn.fetch(OBSTACLES, service, str(saga["id"]))
                    saga["in_the_way"] += [row["obstacle"] for row in rows]
        return sagas

    sagas = asyncio.run(read())
    if json_:
        print(json.dumps(sagas, default=str, indent=1))
        return
    for one in sagas:
        print(f"{one['id']} {one['state']:<12} since {one['changed_at']:%Y-%m-%d %H:%M:%S}")
        for obstacle in one.get("in_the_way", ()):
            print(f"  {obstacle}")
    print(f"{len(sagas)} sagas.")


def resume(trade: UUID, /, *, reason: str, by: ByOption = None, data: DataOption = None) -> None:
    """Ask the ledger again, and have it say again what it has answered. Repeats change nothing.

    Args:
        trade: The trade's id.
        reason: Why.
        by: Who acts.
        data: Data folder.
    """
    from chassis.operators import Office
    from embedded.operating import (
        connected,
        enter,
        myself,
        operating,
        reach_every_community,
        setting,
    )
    from marketplace.trades.resume import resume_trade

    async def ask() -> tuple[str, int]:
        places = Places.of(data)
        office = Office(myself(by), reason)
        async with connected(setting(places, _SETTING)) as conn, conn.transaction():
            await reach_every_community(conn)
            command = await resume_trade(conn, trade, office)
        async with operating(places) as conn:
            await enter(conn, "ledger")
            again = await conn.fetchval(REPLAY_ANSWERS, str(trade), office.by, reason)
        return type(command).__name__, int(again)

    name, again = _told(ask())
    print(f"{name} was sent again, and {again} answers of the ledger.")


def compensate(
    trade: UUID, /, *, reason: str, by: ByOption = None, data: DataOption = None
) -> None:
    """Undo a trade before its confirmation: credits and pieces go back, once.

    Args:
        trade: The trade's id.
        reason: Why; both parties see it.
        by: Who acts.
        data: Data folder.
    """
    from chassis.operators import Office
    from embedded.operating import connected, myself, reach_every_community, setting
    from marketplace.trades.compensate import compensate_trade

    async def ask() -> str:
        office = Office(myself(by), reason)
        url = setting(Places.of(data), _SETTING)
        async with connected(url) as conn, conn.transaction():
            await reach_every_community(conn)
            moved = await compensate_trade(conn, trade, office, now=datetime.now(UTC))
        return moved.state

    print(f"{trade} is {_told(ask())}: the ledger gives the credits back.")


def _told(work: Any) -> Any:
    from chassis.problems import Problem

    try:
        return asyncio.run(work)
    except Problem as problem:
        raise LookupError(f"{problem.slug()}: {problem.detail}") from problem
