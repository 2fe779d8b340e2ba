"""The streams of this process, and who wakes them."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from chassis.database import is_transient
from chassis.logs import get_logger
from chassis.resources import Resources
from gateway.live import queries
from gateway.live.errors import TooManyStreams
from gateway.live.lifecycle import CHANNEL, STREAMS_MAX, pack_people, unpack_people
from gateway.valkey import Valkey

log = get_logger(__name__)

POLL_SECONDS: Final = 0.5
#: So many streams ask the database at a time: thousands that begin, or are woken, at the same
#: moment leave its connections to requests.
ASKING_MAX: Final = 4


class Stream:
    """One open stream of one person."""

    __slots__ = ("gone", "seq", "user_id", "woken")

    def __init__(self, user_id: UUID) -> None:
        """Nothing has been sent yet."""
        self.user_id = user_id
        #: Number of the newest event that was sent.
        self.seq = 0
        self.woken = asyncio.Event()
        #: The client has closed it.
        self.gone = False


class Hub:
    """Wakes streams: directly after a commit in this process, by Valkey after one of another.

    Behind both it polls: what Valkey did not tell is seen half a second later.
    """

    def __init__(self, valkey: Valkey) -> None:
        """Begin without streams."""
        self.asking = asyncio.Semaphore(ASKING_MAX)
        self._valkey = valkey
        self._telling: set[asyncio.Task[object]] = set()
        self._streams: dict[UUID, set[Stream]] = {}

    def open(self, user_id: UUID) -> Stream:
        """A new stream.

        Raises:
            TooManyStreams: The person has enough open here.
        """
        mine = self._streams.setdefault(user_id, set())
        if len(mine) >= STREAMS_MAX:
            raise TooManyStreams(f"{STREAMS_MAX} are open; close one first", retry_after_seconds=15)
        stream = Stream(user_id)
        mine.add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream."""
        mine = self._streams.get(stream.user_id, set())
        mine.discard(stream)
        if not mine:
            self._streams.pop(stream.user_id, None)

    def wake(self, people: Iterable[UUID]) -> None:
        """There may be something new for these people."""
        for person in people:
            for stream in self._streams.get(person, ()):
                stream.woken.set()

    def tell(self, people: Collection[UUID]) -> None:
        """Wake the streams of these people here and in other processes."""
        self.wake(people)
        if people and self._valkey.configured:
            telling = asyncio.create_task(self._valkey.ask("PUBLISH", CHANNEL, pack_people(people)))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def listen(self) -> None:
        """Until cancelled: hear from Valkey for whom other processes committed something."""
        async for message in self._valkey.hear(CHANNEL):
            self.wake(unpack_people(message))

    async def watch(self, resources: Resources) -> None:
        """Until cancelled: look for what other processes committed; when draining, wake all."""
        while not resources.draining.is_set():
            try:
                await asyncio.wait_for(resources.draining.wait(), POLL_SECONDS)
            except TimeoutError:
                await self._poll(resources)
        self.wake(list(self._streams))

    async def _poll(self, resources: Resources) -> None:
        if not self._streams:
            return
        try:
            async with resources.database.connection() as conn:
                lasts = await queries.select_lasts(conn, list(self._streams))
        except Exception as error:
            if not is_transient(error):
                log.exception("live.poll_failed")
            return
        self.wake(
            person
            for person, last in lasts.items()
            if any(stream.seq < last for stream in self._streams.get(person, ()))
        )
