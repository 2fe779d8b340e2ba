"""The first to see a request: refuses what is ambiguous, then answers itself or forwards."""

from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.http import RequestContext, problem_response
from gateway.proxy.errors import AmbiguousRequest
from gateway.proxy.forward import Forwarder
from gateway.proxy.lifecycle import headers_fault, path_fault, query_fault

#: First parts of the gateway's own paths under `/v1`.
OWN: Final = frozenset(
    {
        "users",
        "sessions",
        "me",
        "compliance-overrides",
        "events",
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


class Edge:
    """The ASGI application that the gateway's server runs."""

    def __init__(self, app: FastAPI, forwarder: Forwarder) -> None:
        """The gateway's own routes are in `app`; `forwarder` takes the rest of `/v1`."""
        self._app: ASGIApp = app
        self._forwarder: ASGIApp = RequestContext(forwarder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fault = (
            path_fault(scope["raw_path"])
            or query_fault(scope["query_string"])
            or headers_fault(scope["headers"])
        )
        if fault:
            refusal = problem_response(AmbiguousRequest(fault).document())
            await RequestContext(refusal)(scope, receive, send)
            return
        path: str = scope["path"]
        if path in _ALIASES:
            scope["path"] = _ALIASES[path]
            scope["raw_path"] = scope["path"].encode()
        elif path.startswith(_ROOT) and path[len(_ROOT) :].partition("/")[0] not in OWN:
            await self._forwarder(scope, receive, send)
            return
        await self._app(scope, receive, send)
