"""The express way: routes that are called all the time, without what the framework does for each.

An express route is a route of the framework as well, with the same handler: what is not plain
(no key, a body that is not valid, a query, no right to call it) takes the framework's way and gets
its answer. So there is one place that says what a route does, and one that says what is wrong.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from opentelemetry.trace import SpanKind
from prometheus_client import Histogram
from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import context
from chassis.http import answer_error, request_id_of, told_looks
from chassis.idempotency import is_key
from chassis.metrics import HTTP_SECONDS
from chassis.problems import Unauthenticated
from chassis.resources import Resources
from chassis.tokens import Caller, TokenVerifier
from chassis.tracing import span

BODY_MAX_BYTES: Final = 16 * 1024
_NIL: Final = UUID(int=0)
_BEARER: Final = b"bearer "
_ID: Final = "{id}"


@dataclass(frozen=True, slots=True)
class Call:
    """A plain call: who, what, and under which key."""

    resources: Resources
    caller: Caller
    #: The id in the path; the nil id where the path has none.
    id: UUID
    #: The body, of the route's model.
    body: Any
    #: The idempotency key; empty where the route has no body.
    key: str


@dataclass(frozen=True, slots=True)
class ExpressRoute:
    """A route to answer without the framework.

    Attributes:
        method: `GET`, without a body, or `POST`, with a body and an idempotency key.
        path: Whole, with at most one `{id}` between slashes.
        roles: Who may call it, as the framework's route says it.
        handle: What the framework's route calls too.
        body: Model of the body; nothing for `GET`.
    """

    method: str
    path: str
    roles: tuple[str, ...]
    handle: Callable[[Call], Awaitable[Response]]
    body: type[BaseModel] | None = None


class Express:
    """Pure ASGI in front of the framework."""

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[ExpressRoute],
        resources: Resources,
        verifier: TokenVerifier,
    ) -> None:
        """Answer `routes` here, and let `app` answer the rest."""
        self._app = app
        self._resources = resources
        self._verifier = verifier
        self._plain = {(one.method, one.path): one for one in routes if _ID not in one.path}
        self._with_id = {
            (one.method, *one.path.split(_ID)): one for one in routes if _ID in one.path
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        found = self._find(scope) if scope["type"] == "http" and not scope["query_string"] else None
        if found is None:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        route, item = found
        headers: dict[bytes, bytes] = dict(scope["headers"])
        read: list[Message] = []
        call = None
        if route.body is None or _has_small_body(headers):
            call = await self._read(route, item, headers, receive, read)
        if call is None:
            await self._app(scope, _again(read, receive), send)
            return
        request_id = request_id_of(headers.get(b"x-request-id", b""))
        token = context.correlation_id.set(request_id)
        # Nobody with power is here for it; a connection may carry a request of theirs before.
        origin = context.origin.set(context.Origin())
        looks: set[UUID] = set()
        looking = context.looked_at.set(looks)
        community = context.community.set(call.caller.community)
        traceparent = headers.get(b"traceparent", b"").decode("latin-1")
        try:
            with span(
                f"{route.method} {route.path}", traceparent=traceparent, kind=SpanKind.SERVER
            ):
                response = await _answer(route, call)
        finally:
            context.looked_at.reset(looking)
            context.community.reset(community)
            context.origin.reset(origin)
            context.correlation_id.reset(token)
        await send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": [
                    *response.raw_headers,
                    (b"x-request-id", request_id.encode()),
                    *told_looks(looks),
                ],
            }
        )
        await send({"type": "http.response.body", "body": response.body})
        _seconds(route.method, route.path, response.status_code).observe(
            time.perf_counter() - started
        )

    def _find(self, scope: Scope) -> tuple[ExpressRoute, UUID] | None:
        method, path = scope["method"], scope["path"]
        plain = self._plain.get((method, path))
        if plain is not None:
            return plain, _NIL
        for (of, before, after), route in self._with_id.items():
            if of == method and path.startswith(before) and path.endswith(after):
                item = _uuid(path[len(before) : len(path) - len(after)])
                if item is not None:
                    return route, item
        return None

    async def _read(
        self,
        route: ExpressRoute,
        item: UUID,
        headers: dict[bytes, bytes],
        receive: Receive,
        read: list[Message],
    ) -> Call | None:
        """The call, if it is plain; what was read of the body is kept in `read`."""
        caller = self._caller(headers)
        if caller is None or not caller.has(*route.roles):
            return None
        if route.body is None:
            return Call(self._resources, caller, item, None, "")
        key = headers.get(b"idempotency-key", b"").decode("latin-1")
        body = await _body(receive, read) if is_key(key) else None
        if body is None:
            return None
        try:
            wish = route.body.model_validate_json(body)
        except ValidationError:
            return None
        return Call(self._resources, caller, item, wish, key)

    def _caller(self, headers: dict[bytes, bytes]) -> Caller | None:
        bearer = headers.get(b"authorization", b"")
        if bearer[: len(_BEARER)].lower() != _BEARER:
            return None
        try:
            return self._verifier.verify(bearer[len(_BEARER) :].decode("latin-1"))
        except Unauthenticated:
            return None


async def _answer(route: ExpressRoute, call: Call) -> Response:
    try:
        return await route.handle(call)
    except Exception as error:  # noqa: BLE001 - told apart there, as by the framework
        return answer_error(route.path, error)


def _has_small_body(headers: dict[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"")
    return (
        length.isdigit()
        and int(length) <= BODY_MAX_BYTES
        and headers.get(b"content-type", b"").partition(b";")[0].strip() == b"application/json"
    )


async def _body(receive: Receive, read: list[Message]) -> bytes | None:
    """The whole body, which is small; nothing when the client went away."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        read.append(message)
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _again(read: Sequence[Message], receive: Receive) -> Receive:
    """What was read, once more, and then what follows."""
    if not read:
        return receive
    waiting = iter(read)

    async def replay() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return replay


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None  # noqa: PLR2004 - with its dashes
    except ValueError:
        return None


@cache
def _seconds(method: str, path: str, status: int) -> Histogram:
    """The histogram of one route and status: finding it each time costs more than counting."""
    return HTTP_SECONDS.labels(method, path, status)
