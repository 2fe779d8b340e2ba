"""Compare the index with what was told: what the work role does again and again."""

from datetime import timedelta
from typing import Final, get_args

from prometheus_client import Gauge

from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.resources import Resources
from contracts.search import ParityFault
from search.engine import Engine, EngineAway
from search.parity import queries
from search.parity.ask_inventory import ask_inventory
from search.parity.compare_bucket import compare_bucket
from search.parity.look_again import look_again

log = get_logger(__name__)

#: Buckets in one go: a comparison must not keep the engine from answering.
BUCKETS_MAX: Final = 4
KEPT_DAYS: Final = 90
DIFFERENCES: Final = Gauge(
    "localex_search_parity_differences", "Documents that are not what was told", ("kind",)
)


async def work_on_parity(resources: Resources) -> None:
    """Look again at what differed, then compare a few buckets; an engine that is away waits.

    Args:
        resources: Database, clock, settings and the engine.
    """
    engine: Engine | None = resources.extra["engine"]
    if engine is None:
        return
    grace = timedelta(seconds=resources.settings.parity_grace_seconds)
    now = resources.clock.now()
    try:
        async with resources.database.transaction() as conn:
            await look_again(conn, engine, grace=grace, now=now)
        async with resources.database.transaction() as conn:
            await ask_inventory(conn, inventory_id=new_id(), now=now)
        for _ in range(BUCKETS_MAX):
            async with resources.database.transaction() as conn:
                if not await compare_bucket(conn, engine, grace=grace, now=now):
                    break
    except EngineAway as error:
        log.info("parity.waits", reason=error.detail)
        return
    async with resources.database.transaction() as conn:
        await queries.delete_old(conn, now - timedelta(days=KEPT_DAYS))
        found = await queries.count_differences(conn)
    for kind in get_args(ParityFault):
        DIFFERENCES.labels(kind).set(found.get(kind, 0))
