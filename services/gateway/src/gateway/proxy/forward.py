"""Forward requests: plain ASGI, no framework, bodies stream both ways."""

import asyncio
import contextlib
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from opentelemetry.trace import SpanKind
from starlette.types import Receive, Scope, Send

from chassis import context
from chassis.http import LOOKED_AT, answer_error, problem_response
from chassis.logs import get_logger
from chassis.problems import Problem
from chassis.resources import Resources
from chassis.step_up import read_limits
from chassis.tracing import child_traceparent, exports_spans, span
from gateway.proxy.ask import ask_replicas
from gateway.proxy.body import Body
from gateway.proxy.errors import (
    BadAnswer,
    BodyTooSlow,
    ClientGone,
    MethodUnknown,
    NoSuchRoute,
    ServiceTooSlow,
)
from gateway.proxy.exchange import Exchange
from gateway.proxy.lifecycle import answered_headers, forwarded_headers
from gateway.proxy.looks import write_down_looks
from gateway.proxy.payments import guard_payment
from gateway.proxy.routes import BY_PREFIX, Route
from gateway.proxy.settle import WAITING_MAX, settle, status_path, wanted_seconds
from gateway.proxy.upstreams import Replica, Upstreams
from gateway.proxy.vouch import Voucher
from gateway.rate_limits.charge import Charges
from gateway.rate_limits.lifecycle import cost_of
from gateway.sessions.access import check_scopes, require_session
from gateway.sessions.guard import Guard

log = get_logger(__name__)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: An answer up to this size goes out in one piece.
_SMALL_BYTES: Final = 64 * 1024
#: How long the next part of a long answer may take.
IDLE_SECONDS: Final = 30.0
_LOOK: Final = ClientTimeout(total=2.0)
_LOOKED_AT: Final = LOOKED_AT.decode()


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
        self._charges: Charges = resources.extra["charges"]
        self._guard: Guard = resources.extra["guard"]
        self._waiting = asyncio.Semaphore(WAITING_MAX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward, or say why not."""
        exchange = Exchange(scope, receive, send)
        token = context.correlation_id.set(exchange.request_id.decode("ascii"))
        try:
            await self._forward(exchange)
        except ClientGone:
            return
        except Problem as problem:
            await exchange.answer(problem_response(problem.document(), problem.headers()))
        except Exception as error:  # noqa: BLE001 - the border of the application
            if exchange.status:
                # Half an answer is out: closing the connection is the only way to say so.
                log.warning("proxy.broken_off", path=scope["path"], error=repr(error))
                return
            parent = exchange.headers.get(b"traceparent", b"").decode("latin-1")
            with span(exchange.route_path, traceparent=parent):
                response = answer_error(scope["path"], error)
            await exchange.answer(response)
        finally:
            exchange.measure()
            context.correlation_id.reset(token)

    async def _forward(self, exchange: Exchange) -> None:
        scope, method = exchange.scope, exchange.method
        route = BY_PREFIX.get(scope["path"].split("/", 3)[2])
        if route is None:
            raise NoSuchRoute(f"nothing answers under {scope['path'][:200]}")
        exchange.route_path = route.path
        if method not in METHODS:
            raise MethodUnknown(f"{method} is not known here")
        sent = exchange.headers
        cost = cost_of(
            route.read_cost if method in _READS else route.write_cost, sent.get(b"content-length")
        )
        await self._charges.charge_address(scope, cost)
        headers = forwarded_headers(scope["headers"])
        if not route.is_open(method, scope["path"]):
            authorization = sent.get(b"authorization", b"").decode("latin-1")
            session = await require_session(self._resources, authorization)
            exchange.session = session
            exchange.told = await self._charges.charge_session(session, cost)
            check_scopes(session, route.prefix, method)
            await self._guard.check(session)
            exchange.receive = await guard_payment(
                exchange.receive,
                session,
                method=method,
                route=route,
                limits=self._limits,
                now=self._resources.clock.now(),
            )
            headers["authorization"] = f"Bearer {self._voucher.token(session, route.service)}"
        headers["x-forwarded-for"] = scope["client"][0] if scope.get("client") else "unknown"
        headers["x-forwarded-proto"] = scope["scheme"]
        headers["x-request-id"] = exchange.request_id.decode("ascii")
        headers["x-deadline-ms"] = route.deadline_ms
        parent = sent.get(b"traceparent", b"").decode("latin-1")
        if not exports_spans():
            headers["traceparent"] = child_traceparent(parent)
            await self._pass_on(exchange, route, headers)
            return
        with span(f"{method} {route.path}", traceparent=parent, kind=SpanKind.SERVER) as current:
            current.set_attribute("peer.service", route.service)
            headers["traceparent"] = child_traceparent(None)
            await self._pass_on(exchange, route, headers)
            current.set_attribute("http.response.status_code", exchange.status)

    async def _pass_on(self, exchange: Exchange, route: Route, headers: dict[str, str]) -> None:
        """Ask the service, and send its answer on.

        Raises:
            TooLarge: The body is over the route's limit.
            BodyTooSlow: The client did not send it in time.
            ServiceAway: No replica can be reached.
            ServiceTooSlow: The deadline passed.
            BadAnswer: The service's answer is none.
        """
        body = Body(exchange.receive, exchange.headers, exchange.method, route.body_max_bytes)
        asked: list[Replica] = []
        try:
            small: bytes | None = None
            try:
                async with asyncio.timeout(route.deadline_seconds):
                    response = await ask_replicas(
                        self._client, self._upstreams, exchange, route, headers, body, asked
                    )
                    if response.status < 200:  # noqa: PLR2004 - no answer, and nothing was asked
                        response.close()
                        raise BadAnswer(route.service)
                    if _is_small(response, exchange.method):
                        small = await response.read()
            except (ClientError, ConnectionError) as error:
                # Before anything of it is out: half an answer is none.
                asked[-1].failed()
                log.warning("proxy.half_an_answer", upstream=route.service, error=repr(error))
                raise BadAnswer(route.service) from None
            except TimeoutError:
                raise _too_slow(route, body, asked) from None
            wait = exchange.headers.get(b"prefer")
            if wait and small is not None and response.status == 200:  # noqa: PLR2004 - done
                small = await self._wait(exchange, route, headers, small, wanted_seconds(wait))
            try:
                if people := ",".join(response.headers.getall(_LOOKED_AT, ())):
                    await write_down_looks(self._resources, exchange, people)
                await _answer(exchange, response, small, watched=body.complete)
            except BaseException:
                # What is left of it must not be taken for the next answer.
                response.close()
                raise
            response.release()
        finally:
            for replica in asked:
                replica.inflight -= 1

    async def _wait(
        self, exchange: Exchange, route: Route, headers: dict[str, str], body: bytes, seconds: int
    ) -> bytes:
        """What there is to tell once the course has settled, or the client's time is over."""
        path = status_path(exchange.method, exchange.scope["path"])
        if path is None or not seconds:
            return body
        asking = {n: v for n, v in headers.items() if n in ("authorization", "traceparent")}

        async def look() -> bytes | None:
            replica = self._upstreams.choose(route.service)
            if replica is None:
                return None
            try:
                async with self._client.get(
                    replica.address + path, headers=asking, timeout=_LOOK, allow_redirects=False
                ) as seen:
                    return await seen.read() if seen.status == 200 else None  # noqa: PLR2004 - seen
            except (ClientError, OSError, TimeoutError):
                return None

        full = self._waiting.locked()
        if full:
            seconds = 0
        async with contextlib.nullcontext() if full else self._waiting:
            settled = await settle(body, path, seconds, look)
        exchange.settled = settled
        return settled.body


def _too_slow(route: Route, body: Body, asked: list[Replica]) -> Problem:
    if not body.complete:
        return BodyTooSlow(f"send it within {route.deadline_seconds:.0f} s")
    if asked:
        asked[-1].failed()
    return ServiceTooSlow(
        f"the {route.service} took more than {route.deadline_seconds:.0f} s; what you "
        f"asked for may have been done: ask again with the same Idempotency-Key",
        service=route.service,
    )


def _is_small(response: ClientResponse, method: str) -> bool:
    length = response.content_length
    return method == "HEAD" or (length is not None and length <= _SMALL_BYTES)


async def _answer(
    exchange: Exchange, response: ClientResponse, small: bytes | None, *, watched: bool
) -> None:
    """Send the service's answer on: whole when it is small, else as it comes.

    Args:
        exchange: Where it goes.
        response: The service's.
        small: All of it, where that is here.
        watched: The client has nothing more to say, so that its leaving can be heard.

    Raises:
        ClientGone: It left, or did not read, before it had all.
    """
    headers, status = answered_headers(response.raw_headers), response.status
    if exchange.settled is not None and small is not None:
        status = exchange.settled.status
        headers = [pair for pair in headers if pair[0] not in (b"content-length", b"etag")]
        headers.append((b"content-length", b"%d" % len(small)))
        headers.append((b"preference-applied", b"wait"))
        if link := exchange.settled.link:
            headers.append((b"location", link.encode()))
            headers.append((b"link", f'<{link}>; rel="status"'.encode()))
    await exchange.begin(status, headers)
    if small is not None:
        await exchange.send({"type": "http.response.body", "body": small})
        return
    parts = response.content.iter_any()
    leaving = asyncio.create_task(_wait_for_end(exchange.receive)) if watched else None
    try:
        while True:
            async with asyncio.timeout(IDLE_SECONDS):
                part = await anext(parts, None)
            if part is None:
                break
            await exchange.send({"type": "http.response.body", "body": part, "more_body": True})
            if leaving is not None and leaving.done():
                # The server takes what is sent to nobody: the service would be read to its end.
                raise ClientGone
        await exchange.send({"type": "http.response.body", "body": b""})
    finally:
        if leaving is not None:
            leaving.cancel()


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
