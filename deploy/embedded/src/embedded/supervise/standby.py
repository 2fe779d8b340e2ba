"""A second process of a part that has loaded everything, and waits for the first one's end."""

import asyncio
import contextlib
import logging
import signal
from typing import Final

from embedded.parts.base import Server
from embedded.site import Site
from embedded.supervise.process import Child

#: What has just started has more to do than to load a second time.
AFTER_SECONDS: Final = 3.0
_STOP_SECONDS: Final = 5.0

log = logging.getLogger("embedded.supervise")


class Standby:
    """Has a process stand by for a part that can, and gives it away once."""

    def __init__(self, server: Server, site: Site) -> None:
        """For `server`, which may know no standing by."""
        self.child: Child | None = None
        self._server = server
        self._site = site
        self._over = asyncio.Event()
        self._making: asyncio.Task[None] | None = None

    def make(self) -> None:
        """Have one soon; nothing happens when there is one, or will be."""
        if self.child is None and (self._making is None or self._making.done()):
            self._over.clear()
            self._making = asyncio.create_task(self._make(), name=f"standby {self._server.name}")

    async def _make(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AFTER_SECONDS):
                await self._over.wait()
                return
        launch = self._server.stand_by(self._site)
        if launch is None:
            return
        name, places, stack_id = self._server.name, self._site.places, self._site.stack_id
        try:
            self.child = await Child.start(name, launch, places, stack_id, stands_by=True)
        except OSError as error:
            log.warning("nobody stands by for %s: %s", name, error)

    def take(self) -> Child | None:
        """The process, which begins now; nothing when none stands by."""
        child, self.child = self.child, None
        return child if child is not None and child.take_turn() else None

    async def end(self) -> None:
        """Have nobody stand by any more."""
        self._over.set()
        if self._making is not None:
            await self._making
        child, self.child = self.child, None
        if child is not None:
            await child.stop(signal.SIGTERM, _STOP_SECONDS)
