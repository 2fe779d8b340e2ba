"""OpenSearch as this service uses it: it answers, or it is away."""

import math
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerTimeoutError,
    TCPConnector,
)

from chassis.problems import Transient
from search.settings import Settings

#: Statuses by which the engine says that it cannot serve now: overload, or a cluster in recovery.
_BUSY: Final = frozenset({408, 429, 502, 503, 504})
_OK: Final = 200
_ERRORS: Final = 300
_MISSING: Final = 404
#: Of what the engine says when it refuses.
_REASON_MAX: Final = 1_000
CONNECTIONS_MAX: Final = 32


class EngineAway(Transient):
    """The engine cannot be reached, is overloaded, or has no index yet."""


class EngineRefused(Exception):
    """The engine understood the request and refuses it: a defect of ours, or a bad document."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the engine's status and its reason."""
        super().__init__(f"{status}: {reason}")
        self.status = status


class Engine:
    """A client of one cluster; knows whether the last call was answered."""

    def __init__(self, http: ClientSession, url: str) -> None:
        """Use an open session for the cluster at `url`."""
        self._http = http
        self._url = url.rstrip("/")
        self.well = False
        #: When documents were last written, by the monotonic clock.
        self.wrote_at = -math.inf
        #: Hears of communities whose documents were written, or perhaps.
        self.on_written: Callable[[Iterable[str]], None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator["Engine"]:
        """Open a client; the cluster may still be away."""
        async with ClientSession(
            connector=TCPConnector(limit=CONNECTIONS_MAX),
            timeout=ClientTimeout(total=settings.find_timeout_seconds),
            cookie_jar=DummyCookieJar(),
        ) as http:
            yield cls(http, settings.opensearch_url or "")

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: dict[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> Any:
        """Send a request; once more where the connection broke: all of ours may be repeated.

        Args:
            method: HTTP method.
            path: Path below the cluster's address.
            body: JSON value; bytes are sent as they are.
            params: Query parameters.
            timeout_seconds: Instead of the client's own limit.

        Returns:
            The decoded answer; of HEAD, whether there is such a thing.

        Raises:
            EngineAway: No answer, or "not now".
            EngineRefused: An answer that a repeat would not change.
        """
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        headers = {"content-type": _content_type(path)} if content is not None else None
        ask: dict[str, Any] = {"data": content, "params": params, "headers": headers}
        if timeout_seconds is not None:
            ask["timeout"] = ClientTimeout(total=timeout_seconds)
        try:
            try:
                status, answer = await self._send(method, path, ask)
            except ServerTimeoutError:
                raise
            except ClientConnectionError:
                status, answer = await self._send(method, path, ask)
        except (ClientError, TimeoutError, OSError) as error:
            self.well = False
            raise EngineAway("search is away", retry_after_seconds=2) from error
        if method == "HEAD" and status in (_OK, _MISSING):
            self.well = True
            return status == _OK
        if status >= _ERRORS:
            raise _problem(status, answer)
        self.well = True
        return orjson.loads(answer)

    async def _send(self, method: str, path: str, ask: dict[str, Any]) -> tuple[int, bytes]:
        async with self._http.request(method, self._url + path, **ask) as answer:
            return answer.status, await answer.read()


def _problem(status: int, answer: bytes) -> EngineAway | EngineRefused:
    if status == _MISSING:
        return EngineAway("the search index is not there yet", retry_after_seconds=2)
    if status in _BUSY:
        return EngineAway("search is busy", retry_after_seconds=2)
    return EngineRefused(status, answer[:_REASON_MAX].decode(errors="replace"))


def _content_type(path: str) -> str:
    return "application/x-ndjson" if path.endswith("/_bulk") else "application/json"
