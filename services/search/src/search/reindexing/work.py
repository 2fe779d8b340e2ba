"""What the work role does about indices again and again."""

from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.problems import Transient
from chassis.resources import Resources
from search.engine import Engine
from search.indexing.mapping import MAPPING_VERSION
from search.reindexing import queries
from search.reindexing.advance import advance_reindexing
from search.reindexing.begin import begin_reindexing
from search.reindexing.indices import Indices

log = get_logger(__name__)


async def work_on_reindexing(resources: Resources) -> None:
    """Begin what nobody has to ask for, and go on with what is open; what is away waits.

    An index that was never seen here is filled from the topic's beginning: it was lost, and the
    consumers' offsets are beyond what was in it. One with an older mapping is made anew.

    Args:
        resources: Database, clock, settings and the engine.
    """
    engine: Engine | None = resources.extra["engine"]
    if engine is None:
        return
    now = resources.clock.now()
    try:
        name, uuid, version = await Indices(engine, resources.settings).current()
        async with resources.database.transaction() as conn:
            if version < MAPPING_VERSION:
                await begin_reindexing(conn, "mapping", reindexing_id=new_id(), now=now)
            elif not await queries.is_known(conn, uuid):
                await begin_reindexing(
                    conn, "lost", reindexing_id=new_id(), now=now, index=(name, uuid)
                )
        await advance_reindexing(resources.database, engine, resources.settings, now=now)
    except (Transient, TimeoutError) as error:
        log.info("reindexing.waits", reason=str(error))
