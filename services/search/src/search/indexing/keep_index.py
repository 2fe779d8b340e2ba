"""See to it that there is an index to write to and to read from."""

import asyncio
from typing import Final

from chassis.logs import get_logger
from search.engine import Engine, EngineAway
from search.indexing.ensure_index import ensure_index
from search.settings import Settings

log = get_logger(__name__)

_PAUSE_AWAY_SECONDS: Final = 0.5
_PAUSE_WELL_SECONDS: Final = 5.0


async def keep_index(engine: Engine, settings: Settings) -> None:
    """Run until cancelled: make the index when it is missing, and notice an engine that is away.

    Args:
        engine: The engine to ask.
        settings: How the index is made.
    """
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
