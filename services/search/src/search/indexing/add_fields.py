"""Let an index of an older mapping have today's fields."""

from chassis.logs import get_logger
from search.engine import Engine
from search.indexing.mapping import PROPERTIES

log = get_logger(__name__)


async def add_fields(engine: Engine, name: str) -> None:
    """Add the fields that an index lacks: it takes documents until it is replaced.

    Args:
        engine: The engine to ask.
        name: Of the index, or of its alias.

    Raises:
        EngineAway: There is no index, or the engine can't be asked now.
    """
    found = await engine.call("GET", f"/{name}/_mapping")
    for index, facts in found.items():
        known = facts["mappings"]["properties"]
        lacking = {field: kind for field, kind in PROPERTIES.items() if field not in known}
        if lacking:
            await engine.call("PUT", f"/{index}/_mapping", {"properties": lacking})
            log.info("index.widened", index=index, fields=sorted(lacking))
