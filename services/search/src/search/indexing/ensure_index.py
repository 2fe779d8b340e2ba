"""Make the index with its aliases, and let it have all fields."""

from chassis.logs import get_logger
from search.engine import Engine, EngineRefused
from search.indexing.add_fields import add_fields
from search.indexing.mapping import FIRST_INDEX, READ_ALIAS, WRITE_ALIAS, index_body
from search.settings import Settings

log = get_logger(__name__)


async def ensure_index(engine: Engine, settings: Settings) -> bool:
    """Create the first index with its aliases, unless there is one: that gets the fields it lacks.

    Several processes may do this at once: the index has a fixed name, and is made together with
    its aliases or not at all.

    Args:
        engine: The engine to ask.
        settings: How often it refreshes, and how many copies it keeps.

    Returns:
        Whether this call made it.

    Raises:
        EngineAway: The engine can't be asked now.
    """
    if await engine.call("HEAD", f"/_alias/{WRITE_ALIAS}"):
        # Once a process: whoever searches may compare from then on.
        if not engine.has_fields:
            await add_fields(engine, WRITE_ALIAS)
            engine.has_fields = True
        return False
    body = index_body(refresh_ms=settings.refresh_ms, replicas=settings.replicas)
    live = {"bool": {"must_not": {"term": {"deleted": True}}}}
    body["aliases"] = {WRITE_ALIAS: {"is_write_index": True}, READ_ALIAS: {"filter": live}}
    try:
        await engine.call("PUT", f"/{FIRST_INDEX}", body, timeout_seconds=30)
    except EngineRefused as refused:
        if "resource_already_exists" in str(refused):
            return False
        raise
    engine.has_fields = True
    log.info("index.created", index=FIRST_INDEX)
    return True
