"""See to it that there is an index to write to and to read from."""

import asyncio
from typing import Final

from chassis.logs import get_logger
from search.engine import Engine, EngineAway, EngineRefused
from search.indexing.mapping import FIRST_INDEX, READ_ALIAS, WRITE_ALIAS, index_body
from search.settings import Settings

log = get_logger(__name__)

_PAUSE_AWAY_SECONDS: Final = 0.5
_PAUSE_WELL_SECONDS: Final = 5.0


async def ensure_index(engine: Engine, settings: Settings) -> bool:
    """Create the first index with its aliases, unless there is one.

    Several processes may do this at once: the index has a fixed name, and is made together with
    its aliases or not at all.

    Returns:
        Whether this call made it.

    Raises:
        EngineAway: The engine can't be asked now.
    """
    if await engine.call("HEAD", f"/_alias/{WRITE_ALIAS}"):
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
    log.info("index.created", index=FIRST_INDEX)
    return True


async def keep_index(engine: Engine, settings: Settings) -> None:
    """Run until cancelled: make the index when it is missing, and notice an engine that is away."""
    away = False
    while True:
        try:
            await ensure_index(engine, settings)
        except EngineAway as error:
            if not away:
                log.warning("engine.away", reason=error.detail)
            away = True
        except Exception:
            log.exception("index.failed")
            away = True
        else:
            if away:
                log.info("engine.back")
            away = False
        await asyncio.sleep(_PAUSE_AWAY_SECONDS if away else _PAUSE_WELL_SECONDS)
