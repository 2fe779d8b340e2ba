"""The supervisor's socket: one JSON line asks, one JSON line answers."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from embedded.places import Places
from embedded.supervise.supervisor import Supervisor, UnknownPart
from embedded.supervise.worker import Worker


class Control:
    """Answers `localex` commands."""

    def __init__(self, supervisor: Supervisor, places: Places, close: Callable[[], None]) -> None:
        """Answer for `supervisor`; `close` is called when everything shall go down."""
        self._supervisor = supervisor
        self._path = places.control_socket
        self._close = close
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; only this user can connect."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        self._path.chmod(0o600)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attached = False
        try:
            while line := await reader.readline():
                answer = await self._answer(json.loads(line))
                attached = attached or answer.pop("attached", False)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass
        finally:
            with contextlib.suppress(OSError):
                writer.close()
            if attached:
                # Whoever was attached owns the stack: a closed terminal takes it down.
                self._close()

    async def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": True}
        try:
            match asked:
                case {"do": "status"}:
                    answer["status"] = await asyncio.to_thread(self._supervisor.status)
                case {"do": "retry"}:
                    self._supervisor.retry()
                case {"do": "attach"}:
                    answer["attached"] = True
                case {"do": "down"}:
                    self._close()
                case {"do": "stop" | "start" | "restart" as verb, "name": str(name)}:
                    await self._move(verb, self._supervisor.worker(name), asked)
                case _:
                    answer = {"ok": False, "error": f"cannot do {asked}"}
        except (UnknownPart, TimeoutError) as error:
            answer = {"ok": False, "error": str(error) or "it is not ready yet"}
        return answer

    async def _move(self, verb: str, worker: Worker, asked: dict[str, Any]) -> None:
        if verb in {"stop", "restart"}:
            await worker.stop()
        if verb in {"start", "restart"}:
            worker.start()
            wait_seconds = float(asked.get("wait_seconds", 0))
            if wait_seconds:
                await worker.until_ready(wait_seconds)
