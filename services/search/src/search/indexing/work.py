"""What the work role does about documents again and again."""

from typing import Final

from chassis.logs import get_logger
from chassis.resources import Resources
from search.engine import Engine, EngineAway
from search.indexing.spread_ratings import spread_ratings

log = get_logger(__name__)

#: Pages in one go: they must not keep the engine from answering.
PAGES_MAX: Final = 20


async def work_on_ratings(resources: Resources) -> None:
    """Bring some pages of ratings that have changed into documents; an engine that is away waits.

    Args:
        resources: Database, settings and the engine.
    """
    engine: Engine | None = resources.extra["engine"]
    if engine is None:
        return
    seconds = resources.settings.index_timeout_seconds
    try:
        for _ in range(PAGES_MAX):
            async with resources.database.transaction() as conn:
                if not await spread_ratings(conn, engine, timeout_seconds=seconds):
                    return
    except EngineAway as error:
        log.info("ratings.wait", reason=error.detail)
