"""Which index is written to and read, and putting another one there."""

from typing import Any, Final

from search.engine import Engine, EngineAway
from search.indexing.mapping import READ_ALIAS, WRITE_ALIAS, index_body
from search.settings import Settings

LIVE: Final = {"bool": {"must_not": {"term": {"deleted": True}}}}


class Indices:
    """The indices of items, by their aliases."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        """Ask `engine`."""
        self._engine, self._settings = engine, settings

    async def current(self) -> tuple[str, str, int]:
        """Name, the engine's id, and version of the mapping of what is written to.

        Raises:
            EngineAway: There is none, or the engine can't answer now.
        """
        found: dict[str, Any] = await self._engine.call("GET", f"/{WRITE_ALIAS}")
        (name, facts), *_ = found.items()
        version = facts["mappings"].get("_meta", {}).get("mapping_version", 0)
        return name, facts["settings"]["index"]["uuid"], version

    async def make(self, name: str) -> str:
        """Make a new index, without aliases, if it is not there; returns the engine's id."""
        try:
            found = await self._engine.call("GET", f"/{name}/_settings")
        except EngineAway:
            body = index_body(
                refresh_ms=self._settings.refresh_ms, replicas=self._settings.replicas
            )
            await self._engine.call("PUT", f"/{name}", body, timeout_seconds=30)
            found = await self._engine.call("GET", f"/{name}/_settings")
        uuid: str = found[name]["settings"]["index"]["uuid"]
        return uuid

    async def refresh(self, name: str) -> None:
        """Let searches see all that was written."""
        await self._engine.call("POST", f"/{name}/_refresh", timeout_seconds=30)

    async def move_writes(self, name: str) -> None:
        """What is told from now on is written there."""
        await self._move(WRITE_ALIAS, name, {"is_write_index": True})

    async def move_reads(self, name: str) -> None:
        """Searches are answered from there."""
        await self._move(READ_ALIAS, name, {"filter": LIVE})

    async def _move(self, alias: str, name: str, facts: dict[str, Any]) -> None:
        add = {"add": {"index": name, "alias": alias, **facts}}
        others = [index for index in await self._holders(alias) if index != name]
        remove = [{"remove": {"index": index, "alias": alias}} for index in others]
        await self._engine.call("POST", "/_aliases", {"actions": [*remove, add]})

    async def _holders(self, alias: str) -> list[str]:
        return list(await self._engine.call("GET", f"/_alias/{alias}"))

    async def drop(self, name: str) -> None:
        """Forget an index; it may be gone already."""
        await self._engine.call("DELETE", f"/{name}", params={"ignore_unavailable": "true"})
