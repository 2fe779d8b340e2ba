"""Settle a departure whose time has come."""

from typing import Any, Final

from chassis.resources import Resources
from chassis.task_worker import Run, TaskKind
from chassis.timers import set_timer
from contracts.gateway import Unsettled
from gateway.departures.erase import erase_person
from gateway.departures.errors import MoneyIsLeft, TradesAreOpen
from gateway.departures.lifecycle import AGAIN_AFTER, ERASURE, KEEP
from gateway.departures.require_settled import require_settled
from gateway.proxy.as_person import Asker
from gateway.users.find_leaver import find_leaver
from gateway.users.models import Leaver
from gateway.users.postpone_erasure import postpone_erasure


async def settle_departure(run: Run) -> dict[str, Any]:
    """Erase a person whose grace period is over, unless something began meanwhile.

    Services are asked anew, in the person's name: nobody else can be. Done again from any point
    it comes to the same.

    Args:
        run: The task; its owner is the person.

    Returns:
        What came of it: `stays`, `postponed` or `erased`.

    Raises:
        Transient: A service is away; it is tried again for as long as it takes.
    """
    resources, user_id = run.resources, run.task.owner_id
    async with resources.database.connection() as conn:
        leaver = await find_leaver(conn, user_id)
    if leaver is None or leaver.erase_at > resources.clock.now():
        return {"outcome": "stays"}
    try:
        await require_settled(Asker.of(resources, user_id, leaver.user.community))
    except TradesAreOpen:
        return await _postpone(resources, leaver, "trades-are-open")
    except MoneyIsLeft:
        return await _postpone(resources, leaver, "money-is-left")
    now = resources.clock.now()
    async with resources.database.transaction() as conn:
        keyring = resources.extra["keyring"]
        erased = await erase_person(conn, user_id, keyring=keyring, now=now)
    return {"outcome": "erased" if erased else "stays"}


async def _postpone(resources: Resources, leaver: Leaver, because: Unsettled) -> dict[str, Any]:
    now = resources.clock.now()
    until = now + AGAIN_AFTER
    async with resources.database.transaction() as conn:
        postponed = await postpone_erasure(
            conn, leaver.user.id, until=until, because=because, now=now
        )
        if not postponed:
            return {"outcome": "stays"}
        await set_timer(conn, ERASURE, str(leaver.user.id), until)
    return {"outcome": "postponed", "because": because}


SETTLE: Final = TaskKind(settle_departure, KEEP)
