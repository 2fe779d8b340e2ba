"""The HTTP edge that every service shares: request ids, problems, limits, metrics."""

import re
import time
from collections.abc import Iterable, Mapping
from itertools import batched
from typing import Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import context, health
from chassis.answers import PROBLEM_TYPE, Declared, declare_answers
from chassis.bodies import FAULTS_MAX, Fault, not_json, unreadable
from chassis.database import is_transient, is_unkeepable
from chassis.examples import read_examples, show_examples
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.metrics import HTTP_SECONDS
from chassis.problems import Malformed, Problem, TooLarge, Transient
from chassis.refusals import TOLD, refused
from chassis.words import METHODS, WordsBeforeIds, read_words
from contracts.money import AmountError

log = get_logger(__name__)

#: Tells the gateway, and nobody else, whose things somebody with power is shown.
LOOKED_AT: Final = b"x-looked-at"
#: A line of a header must not be longer than 8 kB to be read.
_LOOKS_A_LINE: Final = 200
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_UNREAD: Final = 400
_NO_METHOD: Final = 405
_TITLES: Final = {
    404: "There is no such route",
    405: "The route has no such method",
    413: "The body is too large",
}


def problem_response(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """A problem document as a response."""
    return Response(
        orjson.dumps(document, default=str), document["status"], headers, media_type=PROBLEM_TYPE
    )


_PLAIN_413: Final = b"Content Too Large"
_TOO_LARGE: Final = problem_response(
    TooLarge("send less: the limit is that of the route, or split the request").document()
)


def request_id_of(offered: bytes) -> str:
    """The id of a request: the one that it came with, if that is well formed."""
    return offered.decode() if _REQUEST_ID.fullmatch(offered) else new_id().hex


def told_looks(people: set[UUID]) -> list[tuple[bytes, bytes]]:
    """The headers that tell the gateway whose things are shown, if there is anything to tell."""
    told = sorted(str(one).encode() for one in people)
    return [(LOOKED_AT, b",".join(some)) for some in batched(told, _LOOKS_A_LINE, strict=False)]


def _is_plain_413(message: Message) -> bool:
    kind: bytes = dict(message["headers"]).get(b"content-type", b"")
    return message["status"] == _TOO_LARGE.status_code and kind.startswith(b"text/plain")


class _App(FastAPI):
    declared = Declared()
    examples: Mapping[str, Any] = {}

    def build_middleware_stack(self) -> ASGIApp:
        return RequestContext(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        """The document, with what can go wrong and an example for each route."""
        before = self.openapi_schema
        document = super().openapi()
        if document is not before:
            declare_answers(document, self.declared)
            show_examples(document, self.examples)
        return document


class RequestContext:
    """Pure ASGI, outermost: gives each request an id, binds it for logs and events, measures it.

    It also gives the framework's plain "too large" the form of a problem.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its id; the answer carries it too."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = request_id_of(offered)
        token = context.correlation_id.set(request_id)
        # A connection may carry several requests: none inherits who sent the one before.
        origin, audited = context.origin.set(_origin_of(scope)), context.audited.set(False)
        looks: set[UUID] = set()
        looking = context.looked_at.set(looks)
        community = context.community.set(None)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if _is_plain_413(message):
                    message["headers"] = _TOO_LARGE.raw_headers
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                message["headers"] += told_looks(looks)
            elif status == _TOO_LARGE.status_code and message.get("body") == _PLAIN_413:
                message["body"] = _TOO_LARGE.body
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            HTTP_SECONDS.labels(scope["method"], route, status).observe(
                time.perf_counter() - started
            )
            if status in TOLD:
                refused(scope, route, status)
            context.looked_at.reset(looking)
            context.community.reset(community)
            context.audited.reset(audited)
            context.origin.reset(origin)
            context.correlation_id.reset(token)


def _origin_of(scope: Scope) -> context.Origin:
    """The client as the socket knows it; who they are is told when they have proved it."""
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    client = scope.get("client")
    return context.Origin(
        address=client[0] if client else None, agent=agent.decode("latin-1")[:300] or None
    )


def answer_error(path: str, error: Exception) -> Response:
    """What a client gets when a handler raised."""
    if isinstance(error, Problem):
        return problem_response(error.document(), error.headers())
    if is_unkeepable(error):
        # A second net: fields say what they take.
        return problem_response(
            Malformed("text with U+0000 cannot be kept: leave it out").document()
        )
    if is_transient(error):
        return _unavailable(error)
    return _defect(path, error)


async def _on_error(request: Request, error: Exception) -> Response:
    return answer_error(request.url.path, error)


async def _on_invalid(_request: Request, error: Any) -> Response:
    """Pydantic's findings, each with field, rule and message; the rejected input is not echoed."""
    found = [
        not_json(item)
        if item["type"] == "json_invalid"
        else {
            "field": ".".join(
                str(part) for part in item["loc"] if part not in ("body", "query", "path", "header")
            )
            or str(item["loc"][0]),
            "rule": item["type"],
            "message": item["msg"],
        }
        for item in error.errors()[:FAULTS_MAX]
    ]
    return _malformed(found)


def _malformed(found: list[Fault]) -> Response:
    names = ", ".join(dict.fromkeys(item["field"] for item in found))
    return problem_response(Malformed(f"check {names}", errors=found).document())


def _allowed(request: Request) -> str:
    """Methods of every route with this path: the framework names those of the first alone."""
    routes = request.app.routes
    return ", ".join(
        method
        for method in METHODS
        if any(one.matches({**request.scope, "method": method})[0] is Match.FULL for one in routes)
    )


async def _on_http_exception(request: Request, error: Any) -> Response:
    # Of a body it can't read the framework says no more than that, unless JSON's grammar is broken.
    if error.status_code == _UNREAD and (found := unreadable(error.__cause__)):
        return _malformed(found)
    title = _TITLES.get(error.status_code, "The request was not understood")
    slug = title.lower().replace(" ", "-")
    allow = _allowed(request) if error.status_code == _NO_METHOD else ""
    return problem_response(
        {
            "type": f"urn:localex:problem:{slug}",
            "title": title,
            "status": error.status_code,
            "detail": str(error.detail),
        },
        {**(error.headers or {}), **({"Allow": allow} if allow else {})},
    )


def _unavailable(error: Exception) -> Response:
    wait = error.retry_after_seconds if isinstance(error, Transient) else 1
    detail = error.detail if isinstance(error, Transient) else "a part we depend on is busy or away"
    log.warning("request.unavailable", error=repr(error))
    return problem_response(
        {
            "type": "urn:localex:problem:unavailable",
            "title": "Not available at the moment",
            "status": 503,
            "detail": f"{detail}; try again in {wait} s with the same Idempotency-Key",
        },
        {"Retry-After": str(wait)},
    )


def _defect(path: str, error: Exception) -> Response:
    """A defect of ours tells only the trace id."""
    span = trace.get_current_span().get_span_context()
    log.error("request.failed", path=path, exc_info=error)
    return problem_response(
        {
            "type": "urn:localex:problem:defect",
            "title": "A defect of ours",
            "status": 500,
            "detail": "nothing was changed; tell us the trace id",
            "trace_id": f"{span.trace_id:032x}",
        }
    )


class DefectsToProblems:
    """Pure ASGI, inside the request context: what no handler caught becomes a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for an exception, unless the answer has begun."""
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            response = answer_error(scope["path"], error)
            await response(scope, receive, send)


def create_app(
    service: str,
    routers: Iterable[APIRouter],
    *,
    body_max_bytes: int,
    tracing: TracerProvider | None = None,
) -> FastAPI:
    """The service's application: its routes under `/v1`, health and metrics beside them."""
    app = _App(
        title=f"LocalEx {service}",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        max_body_size=body_max_bytes,
        redirect_slashes=False,
        telemetry={
            "tracer_provider": tracing,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
        },
    )
    app.declared = Declared.of(service)
    app.examples = read_examples(service)
    app.add_exception_handler(Problem, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Transient, _on_error)
    app.include_router(health.router)
    found: dict[str, frozenset[str]] = {}
    for router in routers:
        app.include_router(router, prefix="/v1")
        for route in router.routes:
            if isinstance(route, APIRoute):
                path = f"/v1{route.path}"
                found[path] = found.get(path, frozenset()) | frozenset(route.methods or ())
    # The last one added sees a request first.
    app.add_middleware(WordsBeforeIds, words=read_words(found))
    app.add_middleware(DefectsToProblems)
    return app


def amount_problem(field: str, error: AmountError) -> Malformed:
    """An amount that is none, as the problem of a field."""
    return Malformed(
        f"check {field}: {error}",
        errors=[{"field": field, "rule": "amount", "message": str(error)}],
    )
