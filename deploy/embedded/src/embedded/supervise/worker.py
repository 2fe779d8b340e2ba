"""Keeps one part in the state that is wanted."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from embedded.parts.base import Job, NotReady, Part, Server
from embedded.site import Site
from embedded.supervise.process import Child, describe_exit
from embedded.supervise.standby import Standby
from embedded.tail import tail_of

type State = Literal[
    "waiting", "starting", "ready", "backing off", "stopping", "stopped", "failed", "done"
]

BACKOFF_FIRST_SECONDS: Final = 0.05
BACKOFF_MAX_SECONDS: Final = 15.0
#: A part that was ready for so long was well: its next crash is its first.
WELL_AFTER_SECONDS: Final = 10.0
#: A part that complains for so long does not become well by itself.
UNWELL_SECONDS: Final = 20.0
LOOK_EVERY_SECONDS: Final = 5.0
_ASK_EVERY_SECONDS: Final = 0.1
_JOB_TRIES: Final = 3

log = logging.getLogger("embedded.supervise")


def backoff_seconds(crashes_in_a_row: int) -> float:
    """How long to wait before starting a part again: doubling, with a cap."""
    return min(BACKOFF_FIRST_SECONDS * 2.0 ** max(0, crashes_in_a_row - 1), BACKOFF_MAX_SECONDS)


class Unwell(Exception):
    """A part runs, and cannot do its work; the message says what."""


class Worker:
    """Starts a part, asks who it is until it is ready, and starts it again when it ends.

    A part that runs and cannot do its work for long is ended for that.
    """

    def __init__(self, part: Part, site: Site, wait_for: Callable[[str], Awaitable[None]]) -> None:
        """Work for `part`; `wait_for(name)` returns when that part has been ready."""
        self.part = part
        self.state: State = "stopped"
        self.child: Child | None = None
        self.restarts = 0
        self.ready_once = asyncio.Event()
        self.ready_after_seconds: float | None = None
        self.last_error: str | None = None
        self.reason = ""
        #: What the log said last when it last ended unasked.
        self.log_tail: list[str] = []
        self._log_from = 0
        self._ready_at: float | None = None
        self._site = site
        self._wait_for = wait_for
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.standby = Standby(part, site) if isinstance(part, Server) else None

    def start(self) -> None:
        """Want it up; nothing happens when it is."""
        if self._task is None or self._task.done():
            self._stopping.clear()
            self.state = "waiting"
            self._task = asyncio.create_task(self._work(), name=f"part {self.part.name}")

    async def until_ready(self, limit_seconds: float) -> None:
        """Wait until it is ready.

        Raises:
            TimeoutError: It took longer.
        """
        async with asyncio.timeout(limit_seconds):
            while self.state not in {"ready", "done"}:  # noqa: ASYNC110 - state has many writers
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Want it down; returns when it is."""
        self._stopping.set()
        if self.standby is not None:
            # Whoever starts it again may have changed it.
            await self.standby.end()
        if self._task is None:
            return
        if self.child is not None and isinstance(self.part, Server):
            self.state = "stopping"
            limit = self.part.stop_limit(self._site)
            await self.child.stop(self.part.stop_signal, limit)
        else:
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self.state = "stopped"

    async def _work(self) -> None:
        try:
            for name in self.part.after:
                self.reason = f"for {name}"
                await self._wait_for(name)
            self.reason = ""
            if isinstance(self.part, Server):
                await self._keep_up(self.part)
            elif isinstance(self.part, Job):
                await self._run_job(self.part)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.state = "failed"
            self.last_error = f"{type(error).__name__}: {error}"
            log.exception("%s failed", self.part.name)

    async def _run_job(self, job: Job) -> None:
        begun = time.perf_counter()
        for attempt in range(1, _JOB_TRIES + 1):
            self.state = "starting"
            try:
                await job.run(self._site)
            except OSError:
                if attempt == _JOB_TRIES:
                    raise
                await asyncio.sleep(backoff_seconds(attempt))
            else:
                break
        self._is_ready("done", begun)

    async def _keep_up(self, server: Server) -> None:
        crashes = 0
        while not self._stopping.is_set():
            begun = time.perf_counter()
            error = await self._run_once(server, begun)
            if self._stopping.is_set():
                break
            crashes = 1 if self._was_well() else crashes + 1
            self.restarts += 1
            wait = backoff_seconds(crashes)
            self.state = "backing off"
            self.last_error = error
            self.log_tail = tail_of(
                self._site.places.log_of(server.name), since_byte=self._log_from
            )
            tail = "\n    ".join(self.log_tail) or "(it said nothing)"
            text = "%s %s; starting it again in %.1f s. Its log ends:\n    %s"
            log.error(text, server.name, error, wait, tail)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()

    def _was_well(self) -> bool:
        ready_at = self._ready_at
        return ready_at is not None and time.perf_counter() - ready_at > WELL_AFTER_SECONDS

    async def _run_once(self, server: Server, begun: float) -> str:
        """Start it and stay with it to its end.

        Returns:
            How it ended.
        """
        self.state = "starting"
        self._ready_at = None
        try:
            await asyncio.to_thread(server.prepare, self._site)
            self.child = self._take_standby() or await self._start(server)
        except (OSError, RuntimeError, LookupError) as error:
            return f"cannot be started: {error}"
        child = self.child
        self._log_from = child.log_from
        asking = asyncio.create_task(self._attend(server, child, begun))
        try:
            code = await child.ended()
        finally:
            asking.cancel()
        asked = (await asyncio.gather(asking, return_exceptions=True))[0]
        self.child = None
        await asyncio.to_thread(server.finished, self._site)
        if isinstance(asked, Unwell):
            return f"was not well: {asked}"
        if isinstance(asked, Exception):
            return f"did not become ready: {asked}"
        return describe_exit(code)

    def _take_standby(self) -> Child | None:
        return self.standby.take() if self.standby is not None else None

    async def _start(self, server: Server) -> Child:
        launch = await asyncio.to_thread(server.launch, self._site)
        return await Child.start(server.name, launch, self._site.places, self._site.stack_id)

    async def _attend(self, server: Server, child: Child, begun: float) -> None:
        await self._until_ready(server, child, begun)
        unwell_since: float | None = None
        # Not for ever: a client that is being closed may swallow the word that ends this task.
        while child.exit_code is None:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            complaint = await server.complaint(self._site)
            now = time.perf_counter()
            if complaint is None:
                unwell_since = None
                continue
            unwell_since = unwell_since or now
            if now - unwell_since >= UNWELL_SECONDS:
                child.kill()
                raise Unwell(complaint)

    async def _until_ready(self, server: Server, child: Child, begun: float) -> None:
        try:
            async with asyncio.timeout(server.ready_seconds):
                while True:
                    try:
                        await server.identify(self._site, child.pid)
                        await server.provision(self._site)
                        break
                    except NotReady as error:
                        self.reason = str(error)
                        await asyncio.sleep(_ASK_EVERY_SECONDS)
        except TimeoutError as error:
            child.kill()
            raise NotReady(f"{self.reason} (after {server.ready_seconds:.0f} s)") from error
        except Exception:
            child.kill()
            raise
        self._is_ready("ready", begun)

    def _is_ready(self, state: State, begun: float) -> None:
        self.state = state
        self.reason = ""
        self._ready_at = time.perf_counter()
        self.ready_after_seconds = self._ready_at - begun
        self.ready_once.set()
        if self.standby is not None and not self._stopping.is_set():
            self.standby.make()
        log.info("%s is %s after %.2f s", self.part.name, state, self.ready_after_seconds)
