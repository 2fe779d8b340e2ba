"""The first to see a request: refuses what is ambiguous, then answers itself or forwards."""

from types import SimpleNamespace
from typing import Final

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http import RequestContext, answer_error, problem_response
from chassis.problems import Problem, Unauthenticated
from chassis.resources import Resources
from gateway.browsers.errors import ForeignPage
from gateway.browsers.lifecycle import (
    is_foreign,
    is_preflight,
    token_in,
    told_before,
    told_to_page,
)
from gateway.client_address import ProxyHeader, client_of, read_networks
from gateway.live.follow import follow_events
from gateway.live.lifecycle import read_event_id
from gateway.live.open import open_stream
from gateway.proxy.errors import AmbiguousRequest, NoSuchRoute
from gateway.proxy.forward import Forwarder
from gateway.proxy.lifecycle import (
    KEPT_BY_NOBODY,
    OVER_TLS,
    SAFETY_HEADERS,
    headers_fault,
    is_from_outside,
    path_fault,
    query_fault,
)
from gateway.rate_limits.charge import Charges, Told
from gateway.sessions.access import require_session

#: First parts of the gateway's own paths under `/v1`.
OWN: Final = frozenset(
    {
        "users",
        "sessions",
        "me",
        "communities",
        "compliance-overrides",
        "events",
        "notifications",
        "webhooks",
        "webhooks-in",
        "openapi.json",
        "asyncapi.json",
        "docs",
    }
)
_ALIASES: Final = {
    "/openapi.json": "/v1/openapi.json",
    "/asyncapi.json": "/v1/asyncapi.json",
    "/docs": "/v1/docs",
}
_ROOT: Final = "/v1/"
#: How we are is for whoever runs us.
_INSIDE: Final = ("/metrics", "/health")
EVENTS: Final = "/v1/events"
#: How the streams are counted.
_FOLLOWED: Final = SimpleNamespace(path=EVENTS)
#: Hashing a password costs as much as forwarding a hundred requests.
_DEAR: Final = frozenset({("POST", "/v1/sessions"), ("POST", "/v1/users")})
_DEAR_COST: Final = 10
#: What every answer of our own tells, unless it says otherwise itself.
_CAREFUL: Final = [*SAFETY_HEADERS, KEPT_BY_NOBODY]


class Edge:
    """The ASGI application that the gateway's server runs."""

    def __init__(self, app: FastAPI, forwarder: Forwarder, resources: Resources) -> None:
        """The gateway's own routes are in `app`; `forwarder` takes the rest of `/v1`."""
        self._app: ASGIApp = app
        self._forwarder: ASGIApp = forwarder
        self._resources = resources
        self._charges: Charges = resources.extra["charges"]
        self._pages: frozenset[str] = resources.settings.pages()
        self._over_tls: bool = resources.settings.over_tls()
        self._proxies = read_networks(resources.settings.trusted_proxies)
        self._proxy_header: ProxyHeader = resources.settings.proxy_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._proxies and scope["client"]:
            # From here on nobody knows of the proxy: limits, logs and services see the client.
            peer, port = scope["client"]
            seen = client_of(
                peer, scope["headers"], trusted=self._proxies, header=self._proxy_header
            )
            scope["client"] = (seen, port)
        if self._over_tls:
            send = _with(send, [*OVER_TLS])
        fault = (
            path_fault(scope["raw_path"])
            or query_fault(scope["query_string"])
            or headers_fault(scope["headers"])
        )
        if fault:
            await _refuse(AmbiguousRequest(fault), scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if b"origin" in headers or b"cookie" in headers:
            handled = await self._meet_browser(headers, scope, receive, send)
            if handled is None:
                return
            send = handled
        path: str = scope["path"]
        if path.startswith(_ROOT) and path[len(_ROOT) :].partition("/")[0] not in OWN:
            await self._forwarder(scope, receive, send)
            return
        if path in _ALIASES:
            scope["path"] = _ALIASES[path]
            scope["raw_path"] = scope["path"].encode()
        await self._answer(scope, receive, send)

    async def _meet_browser(
        self, headers: dict[bytes, bytes], scope: Scope, receive: Receive, send: Send
    ) -> Send | None:
        """What to answer through; nothing when the answer has been given."""
        origin = headers.get(b"origin", b"")
        may_read = bool(origin) and origin.decode("latin-1") in self._pages
        if origin and is_preflight(scope["method"], headers):
            told = told_before(origin) if may_read else [(b"vary", b"Origin")]
            await _nothing(scope, receive, _with(send, told))
            return None
        if may_read:
            send = _with(send, told_to_page(origin))
        token = token_in(headers.get(b"cookie", b"")) if b"authorization" not in headers else None
        if token is not None:
            if is_foreign(scope["method"], headers, self._pages):
                problem = ForeignPage(
                    "a write with a session's cookie needs an Origin of ours; programs send "
                    "Authorization: Bearer"
                )
                await _refuse(problem, scope, receive, send)
                return None
            scope["headers"] = [*scope["headers"], (b"authorization", b"Bearer " + token)]
        return send

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One of our own routes: charged, too."""
        path: str = scope["path"]
        if not path.startswith(_ROOT):
            if path.startswith(_INSIDE) and is_from_outside(scope):
                problem = NoSuchRoute(f"nothing answers under {path[:200]}")
                await _refuse(problem, scope, receive, send)
                return
            await self._app(scope, receive, _with(send, _CAREFUL))
            return
        cost = _DEAR_COST if (scope["method"], path) in _DEAR else 1
        try:
            await self._charges.charge_address(scope, cost)
            told = await self._charge_session(scope, cost)
        except Problem as problem:
            await _refuse(problem, scope, receive, send)
            return
        except Exception as error:  # noqa: BLE001 - told apart there
            answer = answer_error(path, error)
            await RequestContext(answer)(scope, receive, _with(send, _CAREFUL))
            return
        telling = _with(send, [*told, *_CAREFUL])
        if path == EVENTS and scope["method"] == "GET":
            await self._follow(scope, receive, telling)
            return
        await self._app(scope, receive, telling)

    async def _follow(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A stream of events, without what the framework holds for each; else the framework."""
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        offered = headers.get(b"last-event-id", b"").decode("latin-1")
        if scope["query_string"]:
            await self._app(scope, receive, send)
            return
        try:
            session = await require_session(self._resources, authorization)
            stream = await open_stream(self._resources, session, read_event_id(offered))
        except (Problem, ValueError):
            # The route says what is wrong.
            await self._app(scope, receive, send)
            return
        except Exception as error:  # noqa: BLE001 - told apart there
            await RequestContext(answer_error(scope["path"], error))(scope, receive, send)
            return

        async def follow(_scope: Scope, receive: Receive, send: Send) -> None:
            await follow_events(self._resources, session, stream, receive, send)

        scope["route"] = _FOLLOWED
        await RequestContext(follow)(scope, receive, send)

    async def _charge_session(self, scope: Scope, cost: int) -> Told:
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        if not authorization:
            return []
        try:
            session = await require_session(self._resources, authorization)
        except Unauthenticated:
            # The route says what is wrong, if it asks at all.
            return []
        return await self._charges.charge_session(session, cost)


def _with(send: Send, told: Told) -> Send:
    """Send with more headers; those that the answer has itself stay."""
    if not told:
        return send

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((name, value) for name, value in told if name not in there or name == b"vary"),
            ]
        await send(message)

    return telling


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await RequestContext(Response(status_code=204))(scope, receive, _with(send, _CAREFUL))


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(problem.document(), problem.headers())
    await RequestContext(response)(scope, receive, _with(send, _CAREFUL))
