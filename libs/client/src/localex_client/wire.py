"""One request, as often as is safe, until there is an answer."""

import asyncio
import random
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx2

from localex_client.errors import ProblemError, Unreachable

type Query = Mapping[str, str | int | bool | Sequence[str | int] | None]

KEY_HEADER: Final = "Idempotency-Key"
_AGAIN: Final = frozenset({429, 502, 503, 504})
_SAFE: Final = frozenset({"GET", "HEAD", "DELETE"})
_BAD: Final = 400


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on trying.

    Attributes:
        tries_max: Requests for one call, the first included.
        first_pause_seconds: Doubles with each try, and varies so that clients don't march in step.
        pause_max_seconds: Upper bound, also for what the server asks for.
    """

    tries_max: int = 6
    first_pause_seconds: float = 0.1
    pause_max_seconds: float = 5.0

    def pause_seconds(self, tries: int, asked: str | None = None) -> float:
        """Seconds to wait after `tries` tries, no less than the server asked for."""
        usual = self.first_pause_seconds * 2.0 ** (tries - 1)
        # Not a secret: it only spreads the load.
        usual *= random.uniform(0.5, 1.0)  # noqa: S311
        wanted = float(asked) if asked is not None and asked.isdecimal() else 0.0
        return min(max(usual, wanted), self.pause_max_seconds)


def new_key() -> str:
    """A new idempotency key."""
    return str(uuid4())


class Wire:
    """An open client of one gateway, and the session's token."""

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        patience: Patience | None = None,
        timeout_seconds: float = 15.0,
        ca_file: Path | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Talk to the gateway at `base_url`.

        Args:
            base_url: Such as `http://127.0.0.1:8080`.
            token: Of an open session; `log_in` sets it.
            patience: How long to go on trying.
            timeout_seconds: For one try.
            ca_file: Who signed the gateway's certificate, when it is nobody that all know.
            transport: Instead of the network.
        """
        self.token = token
        #: Why an operator looks at what is others'; whom it is about will read it.
        self.reason: str | None = None
        self._patience = patience or Patience()
        self._http = httpx2.AsyncClient(
            base_url=base_url,
            timeout=httpx2.Timeout(timeout_seconds, connect=5.0),
            limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20),
            verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Query | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Send a request and return the answer, whatever its status.

        What may be repeated (reads, and writes with a key) is repeated on a lost connection, and
        on "not now" (429, 502, 503, 504), with the same key and body.

        Args:
            method: HTTP method.
            path: Such as `/v1/me`.
            json: Body; bytes are sent as they are.
            query: Query parameters; those that are None are left out.
            key: Idempotency key of a write.
            headers: Further headers.

        Raises:
            Unreachable: No answer after all tries.
        """
        sent: dict[str, Any] = dict(headers or {})
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if key:
            sent[KEY_HEADER] = key
        if self.reason:
            # A header has bytes: these are UTF-8.
            sent["Access-Reason"] = self.reason.encode()
        raw = isinstance(json, bytes)
        body: dict[str, Any] = {"content": json} if raw else {"json": json}
        params = {name: value for name, value in (query or {}).items() if value is not None}
        tries_max = self._patience.tries_max if key or method in _SAFE else 1
        for tries in range(1, tries_max + 1):
            try:
                answer = await self._http.request(method, path, params=params, headers=sent, **body)
            except httpx2.TransportError as error:
                if tries == tries_max:
                    raise Unreachable(f"{method} {path}", key) from error
                asked = None
            else:
                if answer.status_code not in _AGAIN or tries == tries_max:
                    return answer
                asked = answer.headers.get("retry-after")
            await asyncio.sleep(self._patience.pause_seconds(tries, asked))
        raise AssertionError

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        query: Query | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send a request and return the decoded answer; arguments as `send`.

        Raises:
            ProblemError: The system refused.
            Unreachable: No answer after all tries.
        """
        answer = await self.send(method, path, json=json, query=query, key=key, headers=headers)
        raise_problem(answer)
        return answer.json() if answer.content else None

    async def write(
        self,
        path: str,
        body: Mapping[str, Any],
        key: str | None,
        *,
        query: Query | None = None,
        wait_seconds: int | None = None,
    ) -> Any:
        """POST with an idempotency key, a new one where none is given; None values are left out.

        With `wait_seconds` the gateway is asked to answer when all has taken its course.

        Raises:
            ProblemError: The system refused.
            Unreachable: No answer after all tries.
        """
        content = {name: value for name, value in body.items() if value is not None}
        headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else None
        return await self.ask(
            "POST", path, json=content, query=query, key=key or new_key(), headers=headers
        )

    async def try_out(self, path: str, body: Mapping[str, Any]) -> Any:
        """What would become of a write: the same body, as a dry run.

        Raises:
            ProblemError: The system refused.
            Unreachable: No answer after all tries.
        """
        return await self.write(path, body, None, query={"dry_run": True})


def raise_problem(answer: httpx2.Response) -> None:
    """Raise what the answer says went wrong, if anything.

    Raises:
        ProblemError: The status is 400 or more.
    """
    if answer.status_code < _BAD:
        return
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"title": answer.reason_phrase, "detail": answer.text[:200]}
    raise ProblemError(document, answer.status_code)
