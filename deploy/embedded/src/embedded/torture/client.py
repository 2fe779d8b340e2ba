"""Clients of the gateway: they send, keep what they are told, and send again with the same key."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID, uuid4

import aiohttp
import orjson

from embedded.torture.history import History, Operation

#: Answers by which the system says "not now": the wish may be sent again with its key.
AGAIN: Final = frozenset({429, 502, 503, 504})
#: Those that must say when to come back; the others do not know whether it was done.
_NOT_NOW: Final = frozenset({429, 503})
_TIMEOUT: Final = aiohttp.ClientTimeout(total=12, sock_connect=2)
_OK: Final = range(200, 300)
_UNAUTHENTICATED: Final = 401
_DEFECT: Final = 500
_LONGEST_WAIT_SECONDS: Final = 2.0
_ASK_AGAIN_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a session, and the account that holds their money."""

    id: UUID
    token: str
    main: UUID


class Clients:
    """Everybody's connections to one gateway, and the history of what was said on them."""

    def __init__(self, gateway: str) -> None:
        """Talk to the gateway at an address such as `http://127.0.0.1:8080`."""
        self.history = History()
        #: How often a request got which status; 0 is none.
        self.statuses: dict[int, int] = {}
        self._gateway = gateway
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, force_close=False)
        self._http = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.close()

    async def ask(
        self,
        method: str,
        path: str,
        token: str,
        body: Any = None,
        *,
        key: str | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Send one request once; status 0 when no whole answer came."""
        if self._http is None:
            raise RuntimeError("the clients are not open")
        headers = {"authorization": f"Bearer {token}"}
        if key is not None:
            headers |= {"idempotency-key": key, "content-type": "application/json"}
        if method == "PATCH":
            headers["if-match"] = "*"
        data = orjson.dumps(body) if body is not None else None
        try:
            async with self._http.request(
                method, self._gateway + path, data=data, headers=headers
            ) as answer:
                content = await answer.read()
                status, found = answer.status, dict(answer.headers)
                document = orjson.loads(content) if content else None
        except (aiohttp.ClientError, OSError, TimeoutError, orjson.JSONDecodeError):
            status, document, found = 0, None, {}
        self.statuses[status] = self.statuses.get(status, 0) + 1
        return status, document, found

    async def write(
        self,
        kind: str,
        person: Person,
        path: str,
        body: dict[str, Any],
        *,
        patience_seconds: float = 8.0,
        method: str = "POST",
    ) -> Operation:
        """Begin an operation and send it until it is settled or patience ends."""
        operation = self.history.begin(kind, person.id, path, body, uuid4().hex, method)
        await self.settle(operation, person.token, patience_seconds=patience_seconds)
        return operation

    async def settle(self, operation: Operation, token: str, *, patience_seconds: float) -> None:
        """Send an operation until an answer settles it; it may stay unknown."""
        until = time.monotonic() + patience_seconds
        pause = 0.05
        while True:
            operation.tries += 1
            status, answer, headers = await self.ask(
                operation.method, operation.path, token, operation.body, key=operation.key
            )
            operation.status = status
            if status not in AGAIN and status not in {0, _DEFECT}:
                operation.told_at = time.monotonic()
                operation.outcome = "acknowledged" if status in _OK else "refused"
                operation.answer = answer
                if status == _UNAUTHENTICATED:
                    operation.faults.append("a session that stands was not known")
                return
            if status == _DEFECT:
                operation.faults.append(f"a defect was answered: {answer}")
            if status in _NOT_NOW and "Retry-After" not in headers:
                operation.faults.append(f"{status} without Retry-After: {answer}")
            if time.monotonic() + pause > until:
                return
            asked = float(headers.get("Retry-After", 0))
            await asyncio.sleep(min(max(pause, asked), _LONGEST_WAIT_SECONDS))
            pause *= 2

    async def log_out(self, token: str, *, patience_seconds: float = 8.0) -> None:
        """Use a session, so that caches know it, and end it; it may stay unknown whether it has."""
        until = time.monotonic() + patience_seconds
        await self.ask("GET", "/v1/me", token)
        self.history.unsettled.add(token)
        while time.monotonic() < until:
            status, _, _ = await self.ask("DELETE", "/v1/sessions/current", token)
            # One that is not known any more was ended by the request before, whose answer was lost.
            if status in _OK or status == _UNAUTHENTICATED:
                self.history.unsettled.discard(token)
                self.history.ended[token] = time.monotonic()
                return
            await asyncio.sleep(_ASK_AGAIN_SECONDS)

    async def read(self, person: Person, path: str) -> Any:
        """Read something; nothing where no answer came."""
        status, answer, _ = await self.ask("GET", path, person.token)
        return answer if status in _OK else None
