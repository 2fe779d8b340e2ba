"""One child process: started with a log and a record, ended within a limit."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

from embedded.identity import ProcessRecord
from embedded.parts.base import Launch
from embedded.places import Places
from embedded.supervise.leftovers import STACK_VARIABLE

_LOG_MAX_BYTES: Final = 20 * 1024 * 1024
#: One heap for all threads: with one for each, what a thread gave back is kept for that thread.
_FRUGAL: Final = {"MALLOC_ARENA_MAX": "1"}


class Child:
    """A running process of ours."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, places: Places, log_from: int
    ) -> None:
        """Wrap a process that was just started and logs from byte `log_from` on."""
        self.name = name
        self.log_from = log_from
        self.pid = process.pid
        self.started_at = time.time()
        self._process = process
        self._log = places.log_of(name)
        self._record = places.record_of(name)
        self._recorded = False

    def _begin(self) -> None:
        """Note that the part is this process now."""
        self.started_at = time.time()
        record = ProcessRecord.of(self.name, self.pid)
        if record is not None:
            record.write(self._record)
            self._recorded = True

    @classmethod
    async def start(
        cls, name: str, launch: Launch, places: Places, stack_id: str, *, stands_by: bool = False
    ) -> "Child":
        """Start a process in a session of its own, its output going to its log.

        Args:
            name: Of its part.
            launch: How.
            places: Where its log and its record are.
            stack_id: Which it carries.
            stands_by: It waits for its turn, and somebody else is the part.

        Raises:
            OSError: The program cannot be run.
        """
        log = places.log_of(name)
        if not stands_by:
            _rotate(log)
        user = launch.account
        with log.open("ab") as output:
            log_from = output.tell()
            process = await asyncio.create_subprocess_exec(
                *launch.command,
                env=_FRUGAL | launch.environment | {STACK_VARIABLE: stack_id},
                cwd=launch.folder,
                stdin=asyncio.subprocess.PIPE if stands_by else asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
                umask=0o077,
            )
        child = cls(name, process, places, log_from)
        if not stands_by:
            child._begin()
        return child

    def take_turn(self) -> bool:
        """Let a process that stands by begin.

        Returns:
            Whether it does. It does not when it has ended, or when its log is due for a new file.
        """
        waiting = self._process.stdin
        if waiting is None or self.exit_code is not None:
            return False
        if _is_full(self._log):
            self.kill()
            return False
        self.log_from = self._log.stat().st_size
        waiting.write(b"\n")
        waiting.close()
        self._begin()
        return True

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.returncode

    async def ended(self) -> int:
        """Wait for its end, then forget its record."""
        code = await self._process.wait()
        if self._recorded:
            self._record.unlink(missing_ok=True)
        return code

    async def stop(self, number: signal.Signals, limit_seconds: float) -> None:
        """Ask it to end, and end it when it takes too long."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        try:
            async with asyncio.timeout(limit_seconds):
                await self.ended()
        except TimeoutError:
            self.kill()
            await self.ended()

    def kill(self) -> None:
        """End it and its children at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def describe_exit(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _is_full(log: Path) -> bool:
    return log.exists() and log.stat().st_size > _LOG_MAX_BYTES


def _rotate(log: Path) -> None:
    if _is_full(log):
        log.replace(log.with_suffix(".log.1"))
