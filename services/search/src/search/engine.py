"""OpenSearch as this service uses it: it answers, or it is away."""

import logging
import math
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import ConnectionError as EngineUnreachable
from opensearchpy.exceptions import NotFoundError, SerializationError, TransportError
from opensearchpy.serializer import JSONSerializer

from chassis.problems import Transient
from chassis.tls import open_context
from search.embedding.model import Model
from search.settings import Settings

#: Statuses by which the engine says that it cannot serve now: overload, or a cluster in recovery.
_BUSY: Final = frozenset({408, 429, 502, 503, 504})


class EngineAway(Transient):
    """The engine cannot be reached, is overloaded, or has no index yet."""


class EngineRefused(Exception):
    """The engine understood the request and refuses it: a defect of ours, or a bad document."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the engine's status and its reason."""
        super().__init__(f"{status}: {reason}")
        self.status = status


class _Json(JSONSerializer):
    """Reads answers by the quicker decoder; what we send is bytes already."""

    def loads(self, s: str) -> Any:
        """The value that a text stands for."""
        try:
            return orjson.loads(s)
        except orjson.JSONDecodeError as error:
            raise SerializationError(s, error) from error


class Engine:
    """A client of one cluster; knows whether the last call was answered."""

    def __init__(self, client: AsyncOpenSearch) -> None:
        """Use an open client."""
        self._client = client
        self.well = False
        #: Whether the index is known to have all fields, one of an older mapping too.
        self.has_fields = False
        #: What makes vectors of the documents that are written, if anything.
        self.model: Model | None = None
        #: When documents were last written, by the monotonic clock.
        self.wrote_at = -math.inf
        #: Hears of communities whose documents were written, or perhaps.
        self.on_written: Callable[[Iterable[str]], None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator["Engine"]:
        """Open a client; the cluster may still be away."""
        # The library writes a traceback for each failed request; `engine.away` says it once.
        logging.getLogger("opensearch").setLevel(logging.ERROR)
        url = settings.opensearch_url or ""
        trusted: dict[str, Any] = (
            {"ssl_context": open_context(settings.ca_file)} if url.startswith("https://") else {}
        )
        client = AsyncOpenSearch(
            settings.opensearch_url,
            pool_maxsize=32,
            timeout=settings.find_timeout_seconds,
            max_retries=1,
            retry_on_status=(),
            retry_on_timeout=False,
            serializer=_Json(),
            **trusted,
        )
        try:
            yield cls(client)
        finally:
            await client.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: dict[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> Any:
        """Send a request.

        Args:
            method: HTTP method.
            path: Path below the cluster's address.
            body: JSON value; bytes are sent as they are.
            params: Query parameters.
            timeout_seconds: Instead of the client's own limit.

        Returns:
            The decoded answer.

        Raises:
            EngineAway: No answer, or "not now".
            EngineRefused: An answer that a repeat would not change.
        """
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        try:
            answer = await self._client.transport.perform_request(
                method,
                path,
                params=params,
                body=content,
                timeout=timeout_seconds,
                headers={"content-type": _content_type(path)},
            )
        except EngineUnreachable as error:
            self.well = False
            raise EngineAway("search is away", retry_after_seconds=2) from error
        except NotFoundError as error:
            raise EngineAway("the search index is not there yet", retry_after_seconds=2) from error
        except TransportError as error:
            if error.status_code in _BUSY:
                raise EngineAway("search is busy", retry_after_seconds=2) from error
            raise EngineRefused(int(error.status_code), str(error.error)) from error
        self.well = True
        return answer


def _content_type(path: str) -> str:
    return "application/x-ndjson" if path.endswith("/_bulk") else "application/json"
