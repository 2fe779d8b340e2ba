"""Answers that no document declares: every test on a service's application looks for them.

The application is watched as it is; a test in which a route answered with a status, a problem or a
form that its OpenAPI document does not have fails at its end.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson
import pytest
from jsonschema import Draft202012Validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import http
from chassis.service import Service
from chassis.words import read_words

#: Larger bodies are lists of what smaller ones have.
_BODY_MAX_BYTES: Final = 32 * 1024
#: What a test found that has not ended yet.
found: Final[list[str]] = []


class Document:
    """What an application declares, and what of it an answer breaks."""

    def __init__(self, app: Any) -> None:
        """Read the document of `app`."""
        whole = app.openapi()
        paths = whole["paths"]
        self._components = whole["components"]
        self._patterns: list[tuple[re.Pattern[str], dict[str, Any]]] = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), operations)
            for path, operations in paths.items()
        ]
        self._words = read_words({path: frozenset(paths[path]) for path in paths})
        self._validators: dict[int, Draft202012Validator] = {}

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """What is declared of a route; nothing where no route answers."""
        there = self._words.methods(path)
        if there is not None and method not in there:
            # A path with more words, which has no such method: the answer is no route's.
            return None
        for pattern, operations in self._patterns:
            if method in operations and pattern.fullmatch(path):
                operation: dict[str, Any] = operations[method]
                return operation
        return None

    def fault(self, operation: dict[str, Any], status: int, kind: str, body: bytes) -> str | None:
        """How an answer breaks what is declared of its operation."""
        declared = operation["responses"].get(str(status))
        if declared is None:
            # A test that plants a defect sees 500, which is promised to nobody.
            return None if status == 500 else f"{status} is not declared: {body[:300]!r}"
        content = declared.get("content", {})
        if not body and not content:
            return None
        if kind not in content:
            return f"{status} as {kind!r} is not declared, only {[*content]}"
        if "json" not in kind or len(body) > _BODY_MAX_BYTES:
            return None
        schema = content[kind].get("schema", {})
        validator = self._validators.get(id(schema))
        if validator is None:
            whole = {**schema, "components": self._components}
            validator = self._validators[id(schema)] = Draft202012Validator(whole)
        error = next(validator.iter_errors(orjson.loads(body)), None)
        return None if error is None else f"{status} {error.json_path}: {error.message[:400]}"


#: By the identity of the routes, which are kept with it: writing it takes longer than most tests.
_documents: Final[dict[int, tuple[Any, Document]]] = {}


class Watching:
    """Plain ASGI around an application, which compares each answer with the document."""

    def __init__(self, app: Any, inner: ASGIApp) -> None:
        """Watch what `inner` answers for the routes of `app`."""
        self._app = app
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and look at its answer."""
        # A service of the tests' own has no list to be compared with.
        if scope["type"] != "http" or scope.get("watched") or not self._app.declared.routes:
            await self._inner(scope, receive, send)
            return
        scope["watched"] = True
        document = self._document()
        operation = document.operation(scope["method"].lower(), scope["path"])
        status, kind, body = 0, "", b""

        async def watch(message: Message) -> None:
            nonlocal status, kind, body
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.lower(): value for name, value in message["headers"]}
                kind = headers.get(b"content-type", b"").decode().partition(";")[0]
            elif "json" in kind and len(body) <= _BODY_MAX_BYTES:
                body += message.get("body", b"")
            await send(message)

        name = f"{scope['method']} {scope['path']}"
        await self._inner(scope, receive, watch)
        if operation is not None and status:
            fault = document.fault(operation, status, kind, body)
            if fault:
                found.append(f"{name}: {fault}")

    def _document(self) -> Document:
        routes = getattr(self._app.state, "routes", self._app)
        if id(routes) not in _documents:
            _documents[id(routes)] = (routes, Document(self._app))
        return _documents[id(routes)][1]


@contextmanager
def watch_services() -> Iterator[None]:
    """Watch every application of this process that is made meanwhile."""
    patch = pytest.MonkeyPatch()
    make_app, make_asgi = Service.app, Service.asgi
    build = http._App.build_middleware_stack
    made: dict[int, Any] = {}

    def app(self: Service, resources: Any, tracing: Any = None) -> Any:
        one = made[id(resources)] = make_app(self, resources, tracing)
        one.state.routes = self.routers
        return one

    def asgi(self: Service, resources: Any, tracing: Any = None) -> ASGIApp:
        inner = make_asgi(self, resources, tracing)
        return Watching(made.pop(id(resources)), inner)

    patch.setattr(Service, "app", app)
    patch.setattr(Service, "asgi", asgi)
    patch.setattr(http._App, "build_middleware_stack", lambda self: Watching(self, build(self)))
    try:
        yield
    finally:
        patch.undo()
