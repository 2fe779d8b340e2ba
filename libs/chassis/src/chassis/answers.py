"""What each route can answer, declared in the OpenAPI document: its problems beside its success.

Which problems a route raises is read from the code once and kept beside it, in `problems.json` of
the service; what the framework and the chassis answer for every route is said here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final, Self

import orjson

#: Name of the schema that all problems share.
PROBLEM: Final = "Problem"
#: Name of the security scheme: a token as `Authorization: Bearer`.
SESSION: Final = "session"
PREFIX: Final = "urn:localex:problem:"
PROBLEM_TYPE: Final = "application/problem+json"
_BODIES: Final = frozenset({"post", "put", "patch"})
_OPERATIONS: Final = frozenset({"get", "head", "delete", *_BODIES})

#: What is answered before or behind any route of ours. A defect (500) is not promised to anybody.
_COMMON: Final[dict[str, tuple[int, str]]] = {
    "malformed": (422, "The request is malformed"),
    "too-large": (413, "The body is too large"),
    "unavailable": (503, "Not available at the moment"),
    "deadline-passed": (504, "The time for it is over"),
}
_WORDS: Final = {"type": "string"}
_FORM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Further members are facts of the problem.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Stable name: decide by it."},
        "title": _WORDS,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "message"],
                "properties": {"field": _WORDS, "rule": _WORDS, "message": _WORDS},
            },
        },
    },
}
_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"schema": _WORDS, "required": True}},
    429: {"Retry-After": {"schema": _WORDS}},
    503: {"Retry-After": {"schema": _WORDS}},
}


@dataclass(frozen=True, slots=True)
class Declared:
    """Problems by name, and the names by route.

    Attributes:
        problems: Status and title.
        routes: What a route raises, by method and path.
        forwarded: What is raised around a route that another service answers.
    """

    problems: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forwarded: tuple[str, ...] = ()

    @classmethod
    def of(cls, service: str) -> Self:
        """What is kept beside the code of a service; nothing for one without."""
        try:
            text = files(service).joinpath("problems.json").read_bytes()
        except (ModuleNotFoundError, FileNotFoundError):
            return cls()
        kept = orjson.loads(text)
        return cls(
            {name: (status, title) for name, (status, title) in kept["problems"].items()},
            {route: tuple(names) for route, names in kept["routes"].items()},
            tuple(kept.get("forwarded", ())),
        )


#: Of a service that nobody has read.
NOTHING: Final = Declared()


type Responses = dict[int | str, dict[str, Any]]


def foreseen(model: Any) -> Responses:
    """For `responses=` of a route with `dry_run`: what it says when nothing is done."""
    return {200: {"model": model, "description": "What would be; nothing was done"}}


def document_of(description: str, kind: str = "object", *, status: int = 200) -> Responses:
    """For `responses=` of a route that answers with JSON whose form is told elsewhere."""
    schema = {"type": kind, "description": "Its form is told in the concepts."}
    content = {"application/json": {"schema": schema}}
    return {status: {"content": content, "description": description}}


def text_of(description: str, media_type: str = "text/plain") -> Responses:
    """For `responses=` of a route that answers with text."""
    return {200: {"content": {media_type: {"schema": _WORDS}}, "description": description}}


def declare_answers(document: dict[str, Any], declared: Declared) -> None:
    """Add the problems to each operation of an OpenAPI document; again changes nothing.

    Args:
        document: As the framework makes it.
        declared: Of the service.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    components["securitySchemes"] = {SESSION: {"type": "http", "scheme": "bearer"}}
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _OPERATIONS:
                names = declared.routes.get(f"{method.upper()} {path}", ())
                operation["security"] = [{SESSION: []}] if "unauthenticated" in names else []
                declare(operation, {*names, *_common(method, operation)}, declared.problems)
                _require_headers(operation)
    # The framework's own form of what was not valid, which we never answer with.
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas[PROBLEM] = _FORM


def _require_headers(operation: Mapping[str, Any]) -> None:
    """Headers that the routes ask for by a problem of their own are needed all the same."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "Idempotency-Key":
            parameter["required"] = True
            parameter["schema"] = {
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
                "pattern": r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$",
                "title": "New for each wish; the same again when it is repeated",
            }
        if parameter["name"] == "If-Match":
            needed = "428" in operation["responses"]
            parameter["required"] = needed or parameter.get("required", False)
            parameter["schema"] = {
                "type": "string",
                "pattern": r'^(\*|"[0-9]{1,9}")$',
                "title": "The ETag that was seen, or *",
            }


def declare(
    operation: dict[str, Any], names: Iterable[str], problems: Mapping[str, tuple[int, str]]
) -> None:
    """Add problems to one operation, those of a status together.

    Args:
        operation: Gets more responses.
        names: Of the problems.
        problems: Status and title of each that is not common.
    """
    responses = operation.setdefault("responses", {})
    by_status: dict[int, dict[str, str]] = {}
    for name in names:
        status, title = problems.get(name) or _COMMON[name]
        by_status.setdefault(status, {})[name] = title
    for status, titles in sorted(by_status.items()):
        before = responses.get(str(status), {})
        names_before = _names_in(before)
        said = before.get("description", "").split("; ") if names_before else []
        every = sorted({*names_before, *(PREFIX + name for name in titles)})
        responses[str(status)] = {
            "description": "; ".join(sorted({*said, *titles.values()})),
            "content": {
                PROBLEM_TYPE: {
                    "schema": {
                        "allOf": [
                            {"$ref": f"#/components/schemas/{PROBLEM}"},
                            {"properties": {"type": {"enum": every}, "status": {"const": status}}},
                        ]
                    }
                }
            },
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }


def _names_in(response: Mapping[str, Any]) -> list[str]:
    """Problems that a response declares already."""
    schema = response.get("content", {}).get(PROBLEM_TYPE, {}).get("schema", {})
    for part in schema.get("allOf", ()):
        if found := part.get("properties", {}).get("type", {}).get("enum"):
            return list(found)
    return []


def _common(method: str, operation: Mapping[str, Any]) -> Iterable[str]:
    yield "unavailable"
    yield "deadline-passed"
    if operation.get("parameters") or "requestBody" in operation:
        yield "malformed"
    if method in _BODIES:
        yield "too-large"
