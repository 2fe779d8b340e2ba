"""Send a person's events as they come."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from typing import Final

from chassis.database import is_transient
from chassis.resources import Resources
from gateway.live import queries
from gateway.live.hub import Hub, Stream
from gateway.live.lifecycle import HEARTBEAT, OPENING, PAGE, render_event, render_gap
from gateway.sessions.check import session_is_open
from gateway.sessions.models import Session

HEARTBEAT_SECONDS: Final = 15.0
CHECK_SECONDS: Final = 30.0


async def find_start(resources: Resources, session: Session, last_seen: int | None) -> int:
    """The number after which a stream begins.

    Args:
        resources: With the database.
        session: Whose stream it is.
        last_seen: As the client says; nothing means from now on.

    Returns:
        The number, never beyond the newest there is.
    """
    hub: Hub = resources.extra["hub"]
    async with hub.asking, resources.database.connection() as conn:
        newest = await queries.select_last(conn, session.user.id)
    return newest if last_seen is None else min(last_seen, newest)


class Sender:
    """Makes the bytes of one stream until it is to end."""

    __slots__ = ("_asking", "_check_at", "_resources", "_session", "_stream")

    def __init__(self, resources: Resources, session: Session, stream: Stream) -> None:
        """Send what comes after `stream.seq`."""
        self._resources = resources
        self._session = session
        self._stream = stream
        hub: Hub = resources.extra["hub"]
        self._asking = hub.asking
        # Streams that began at the same moment are not checked at the same moment.
        self._check_at = time.monotonic() + random.uniform(0, CHECK_SECONDS)  # noqa: S311 - no secret

    async def parts(self) -> AsyncIterator[bytes]:
        """Events as they come, a heartbeat every 15 seconds without any.

        Ends itself when the process drains, and within 45 seconds of the session's end.
        """
        draining = self._resources.draining
        yield OPENING
        while not (draining.is_set() or self._stream.gone):
            if not await self._may_go_on():
                return
            self._stream.woken.clear()
            if page := await self._next_page():
                yield page
                continue
            # Whatever comes wakes the stream, at the latest when the hub looks.
            while not await self._is_woken():
                yield HEARTBEAT
                if not await self._may_go_on():
                    return

    async def _is_woken(self) -> bool:
        try:
            await asyncio.wait_for(self._stream.woken.wait(), HEARTBEAT_SECONDS)
        except TimeoutError:
            return False
        return True

    async def _may_go_on(self) -> bool:
        """Whether the session is open still, as far as it was looked at of late."""
        if time.monotonic() < self._check_at:
            return True
        self._check_at = time.monotonic() + CHECK_SECONDS
        try:
            async with self._asking:
                return await session_is_open(
                    self._resources.database, self._session.id, now=self._resources.clock.now()
                )
        except Exception as error:
            if is_transient(error):
                return True
            raise

    async def _next_page(self) -> bytes:
        try:
            async with self._asking, self._resources.database.connection() as conn:
                rows = await queries.select_after(
                    conn, self._stream.user_id, self._stream.seq, PAGE
                )
        except Exception as error:
            if is_transient(error):
                return b""
            raise
        if not rows:
            return b""
        parts = [render_event(*row) for row in rows]
        if rows[0][0] > self._stream.seq + 1:
            parts.insert(0, render_gap(self._stream.seq, rows[0][0]))
        self._stream.seq = rows[-1][0]
        return b"".join(parts)
