"""How a command talks to the supervisor."""

import contextlib
import fcntl
import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from embedded.places import Places


class NotRunning(Exception):
    """No supervisor answers for this data folder."""


class Refused(Exception):
    """The supervisor said no; the message says why."""


class Client:
    """A connection to the supervisor of one data folder."""

    def __init__(self, places: Places, timeout_seconds: float = 120) -> None:
        """Connect.

        Raises:
            NotRunning: Nobody listens.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_seconds)
        try:
            self._socket.connect(str(places.control_socket))
        except OSError as error:
            self._socket.close()
            raise NotRunning(f"nothing runs from {places.data}") from error
        self._file = self._socket.makefile("rwb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            # What was asked of a supervisor that has gone since is still in the buffer.
            self._file.close()
        self._socket.close()

    def ask(self, what: str, **facts: Any) -> dict[str, Any]:
        """Ask for something and wait for the answer.

        Raises:
            NotRunning: The supervisor went away.
            Refused: It said no.
        """
        try:
            self._file.write(json.dumps({"do": what, **facts}).encode() + b"\n")
            self._file.flush()
            line = self._file.readline()
        except OSError as error:
            raise NotRunning(f"the supervisor does not answer: {error}") from error
        if not line:
            raise NotRunning("the supervisor has gone")
        answer: dict[str, Any] = json.loads(line)
        if not answer["ok"]:
            raise Refused(answer["error"])
        return answer

    def status(self) -> dict[str, Any]:
        """How everything is."""
        status: dict[str, Any] = self.ask("status")["status"]
        return status


def is_locked(lock_file: Path) -> bool:
    """Whether a supervisor holds the lock of its data folder."""
    try:
        with lock_file.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
