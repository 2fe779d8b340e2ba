"""Put several OpenAPI documents together. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from chassis.answers import NOTHING, PROBLEM, Declared, declare
from gateway.proxy.routes import BY_PREFIX
from gateway.proxy.settle import status_path

_SCHEMAS: Final = "#/components/schemas/"
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token of `POST /v1/sessions`, or an API key of a program.",
}
#: The routes that need no log-in.
_OPEN: Final = frozenset(
    {
        ("/v1/users", "post"),
        ("/v1/communities", "get"),
        ("/v1/sessions", "post"),
        ("/v1/sessions/second-factor", "post"),
        ("/v1/sessions/refresh", "post"),
        ("/v1/users/password-resets", "post"),
        ("/v1/users/password-resets/confirm", "post"),
        ("/v1/openapi.json", "get"),
        ("/v1/docs", "get"),
        ("/v1/asyncapi.json", "get"),
        ("/v1/docs/messages", "get"),
        ("/v1/images/{image_hash}/{size}.webp", "get"),
    }
)
_PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`wait=N`: answer when it has settled, after N seconds at the latest.",
    "schema": {"type": "string", "maxLength": 200},
}
_SOME_ID: Final = "00000000-0000-0000-0000-000000000000"
_OPERATIONS: Final = frozenset({"get", "head", "post", "put", "patch", "delete", "options"})


def aggregate(
    own: dict[str, Any],
    services: Mapping[str, dict[str, Any] | None],
    declared: Declared = NOTHING,
) -> dict[str, Any]:
    """The document of the whole API.

    Args:
        own: The gateway's document.
        services: Each service's document; nothing for one that did not answer.
        declared: What the gateway itself answers around the services' routes.

    Returns:
        All routes that clients can reach. Schemas carry the name of their service.
    """
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for service, document in {"gateway": own, **services}.items():
        if document is None:
            continue
        named = _rename(document, service)
        schemas |= named.get("components", {}).get("schemas", {})
        edge = NOTHING if service == "gateway" else declared
        for path, operations in named.get("paths", {}).items():
            if _is_reachable(path, service):
                paths[path] = _describe(path, operations, service, edge)
    return {
        "openapi": own.get("openapi", "3.1.0"),
        "info": {
            "title": "LocalEx",
            "version": "1",
            "description": "Local communities trade on one verifiable double-entry ledger.",
        },
        "servers": [{"url": "/"}],
        "security": [{"session": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"session": _BEARER},
        },
        "x-unavailable": sorted(name for name, document in services.items() if document is None),
    }


def _is_reachable(path: str, service: str) -> bool:
    if service == "gateway":
        return path.startswith("/v1/")
    parts = path.split("/")
    route = BY_PREFIX.get(parts[2]) if len(parts) > 2 and parts[1] == "v1" else None  # noqa: PLR2004 - "", "v1", prefix
    return route is not None and route.service == service


def _describe(
    path: str, operations: dict[str, Any], service: str, edge: Declared
) -> dict[str, Any]:
    described = {}
    for method, operation in operations.items():
        if method in _OPERATIONS:
            described[method] = {
                **operation,
                "tags": operation.get("tags") or [service],
                "operationId": f"{service}_{operation.get('operationId', method + path)}",
            }
            declare(described[method], edge.forwarded, edge.problems)
            if status_path(method.upper(), path.replace("{trade_id}", _SOME_ID)):
                _tell_of_waiting(described[method])
            if (path, method) in _OPEN:
                described[method]["security"] = []
        else:
            described[method] = operation
    return described


def _tell_of_waiting(operation: dict[str, Any]) -> None:
    """Whoever prefers to wait is told by 202 that it has not settled in time."""
    operation["parameters"] = [*operation.get("parameters", ()), _PREFER]
    done = operation["responses"].get("200", {})
    waits = {"description": "Not settled yet: see Location", "content": done.get("content", {})}
    operation["responses"].setdefault("202", waits)


def _rename(document: dict[str, Any], service: str) -> dict[str, Any]:
    """Give each schema its service's name, so that two services may use one word.

    Problems have the form that all share.
    """
    title = service.capitalize()

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: _reference(key, walk(value), title) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node]
        return node

    renamed: dict[str, Any] = walk(document)
    components = renamed.get("components", {})
    named = {
        name if name == PROBLEM else f"{title}_{name}": schema
        for name, schema in components.get("schemas", {}).items()
    }
    return {**renamed, "components": {**components, "schemas": named}}


def _reference(key: str, value: Any, title: str) -> Any:
    if key == "$ref" and isinstance(value, str) and value.startswith(_SCHEMAS):
        if value == _SCHEMAS + PROBLEM:
            return value
        return f"{_SCHEMAS}{title}_{value.removeprefix(_SCHEMAS)}"
    if key == "mapping" and isinstance(value, dict):
        return {name: _reference("$ref", target, title) for name, target in value.items()}
    return value
