"""Forward requests: plain ASGI, no framework, bodies stream both ways."""

import asyncio
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
)
from opentelemetry.trace import SpanKind
from starlette.types import Message, Receive, Scope, Send
from yarl import URL

from chassis import context
from chassis.http import answer_error, problem_response
from chassis.logs import get_logger
from chassis.problems import Problem
from chassis.resources import Resources
from chassis.tracing import current_traceparent, span
from gateway.proxy.body import Body
from gateway.proxy.errors import (
    BodyTooSlow,
    ClientGone,
    MethodUnknown,
    NoSuchRoute,
    ServiceAway,
    ServiceTooSlow,
)
from gateway.proxy.lifecycle import answered_headers, forwarded_headers
from gateway.proxy.payments import guard_payment, read_limits
from gateway.proxy.routes import BY_PREFIX, Route
from gateway.proxy.upstreams import Upstreams
from gateway.proxy.vouch import Voucher
from gateway.sessions.access import check_scopes, require_session

log = get_logger(__name__)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REPEATABLE: Final = frozenset({"GET", "HEAD"})
#: An answer up to this size goes out in one piece.
_SMALL_BYTES: Final = 64 * 1024
_IDLE_SECONDS: Final = 30.0
_TIMEOUT: Final = ClientTimeout(total=None, sock_connect=1.0, sock_read=_IDLE_SECONDS)


class Forwarder:
    """The ASGI application behind `/v1` for all that is not the gateway's own."""

    def __init__(
        self, resources: Resources, client: ClientSession, upstreams: Upstreams, voucher: Voucher
    ) -> None:
        """Forward through `client` to `upstreams`, with tokens of `voucher`."""
        self._resources = resources
        self._client = client
        self._upstreams = upstreams
        self._voucher = voucher
        self._limits = read_limits(resources.settings.step_up_above)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward, or say why not."""
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._forward(scope, receive, watch)
        except ClientGone:
            return
        except Problem as problem:
            response = problem_response(problem.document(), problem.headers())
            await response(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the border of the application
            if begun:
                # Half an answer is out: closing the connection is the only way to say so.
                log.warning("proxy.broken_off", path=scope["path"], error=repr(error))
                return
            response = answer_error(scope["path"], error)
            await response(scope, receive, send)

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        route = BY_PREFIX.get(scope["path"].split("/", 3)[2])
        if route is None:
            raise NoSuchRoute(f"nothing answers under {scope['path'][:200]}")
        scope["route"] = route
        if method not in METHODS:
            raise MethodUnknown(f"{method} is not known here")
        sent = dict(scope["headers"])
        headers = forwarded_headers(scope["headers"])
        if not route.is_open(method, scope["path"]):
            authorization = sent.get(b"authorization", b"").decode("latin-1")
            session = await require_session(self._resources, authorization)
            check_scopes(session, route.prefix, method)
            receive = await guard_payment(
                receive,
                session,
                method=method,
                route=route,
                limits=self._limits,
                now=self._resources.clock.now(),
            )
            headers["authorization"] = f"Bearer {self._voucher.token(session, route.service)}"
        headers["x-forwarded-for"] = scope["client"][0] if scope.get("client") else "unknown"
        headers["x-forwarded-proto"] = scope["scheme"]
        headers["x-request-id"] = context.correlation_id.get() or ""
        body = Body(receive, scope["headers"], method, route.body_max_bytes)
        parent = sent.get(b"traceparent", b"").decode("latin-1") or None
        with span(f"{method} {route.path}", traceparent=parent, kind=SpanKind.SERVER) as current:
            current.set_attribute("peer.service", route.service)
            headers["traceparent"] = current_traceparent() or ""
            response = await self._begin(scope, route, method, headers, body)
            current.set_attribute("http.response.status_code", response.status)
            async with response:
                await _answer(response, method, send)

    async def _begin(
        self, scope: Scope, route: Route, method: str, headers: dict[str, str], body: Body
    ) -> ClientResponse:
        """The service's answer, as far as its headers.

        Raises:
            TooLarge: The body is over the route's limit.
            BodyTooSlow: The client did not send it in time.
            ServiceAway: No replica can be reached.
            ServiceTooSlow: The deadline passed.
        """
        query: bytes = scope["query_string"]
        target = scope["raw_path"].decode("ascii") + (
            f"?{query.decode('latin-1')}" if query else ""
        )
        try:
            async with asyncio.timeout(route.deadline_seconds):
                return await self._ask(route, method, target, headers, body)
        except TimeoutError:
            if not body.complete:
                raise BodyTooSlow(f"send it within {route.deadline_seconds:.0f} s") from None
            raise ServiceTooSlow(
                f"the {route.service} took more than {route.deadline_seconds:.0f} s; what you "
                f"asked for may have been done: ask again with the same Idempotency-Key",
                service=route.service,
            ) from None

    async def _ask(
        self, route: Route, method: str, target: str, headers: dict[str, str], body: Body
    ) -> ClientResponse:
        data = await body.open()
        if not isinstance(data, bytes | None) and body.length is not None:
            headers["content-length"] = str(body.length)
        tries = 1 + max(self._upstreams.count(route.service) - 1, method in _REPEATABLE)
        for left in reversed(range(tries)):
            replica = self._upstreams.choose(route.service)
            if replica is None:
                break
            try:
                response = await self._client.request(
                    method,
                    URL(replica.address + target, encoded=True),
                    data=data,
                    headers=headers,
                    allow_redirects=False,
                    timeout=_TIMEOUT,
                )
            except (ClientError, ConnectionError) as error:
                if body.fault is not None:
                    raise body.fault from None
                replica.failed()
                log.warning("proxy.unreachable", upstream=route.service, error=repr(error))
                # Nothing was sent if there was no connection: then any method may go elsewhere.
                unsent = isinstance(error, ClientConnectorError | ConnectionTimeoutError)
                whole = isinstance(data, bytes | None)
                if left and whole and (unsent or method in _REPEATABLE):
                    continue
                break
            replica.succeeded()
            return response
        raise ServiceAway(
            f"the {route.service} can't be reached at the moment; try again in 1 s with the same "
            f"Idempotency-Key",
            service=route.service,
            retry_after_seconds=1,
        )


async def _answer(response: ClientResponse, method: str, send: Send) -> None:
    """Send the service's answer on, as it comes."""
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": answered_headers(response.raw_headers),
        }
    )
    length = response.content_length
    if method == "HEAD" or (length is not None and length <= _SMALL_BYTES):
        await send({"type": "http.response.body", "body": await response.read()})
        return
    async for part in response.content.iter_any():
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
