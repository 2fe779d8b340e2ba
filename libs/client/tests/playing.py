"""A gateway that is played from the OpenAPI document, and arguments that are made up from types."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Any, Literal, TypeAliasType, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl
from uuid import UUID

import httpx2

from localex_client.models import Answered

PLAIN: dict[Any, Any] = {
    UUID: UUID("01936d00-0000-7000-8000-00000000000a"),
    str: "x",
    int: 1,
    bool: True,
    bytes: b"x",
    datetime: datetime(2026, 11, 22, tzinfo=UTC),
}


@dataclass
class Document:
    """Answers each route as the document says it does, and finds fault with what is asked.

    Attributes:
        told: The document.
        pick: Which success it answers, by its place, where a route has several.
        asked: Routes that were asked, as `GET /v1/me`.
        faults: What the document does not know of what was asked.
    """

    told: Mapping[str, Any]
    pick: int = 0
    asked: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def routes(self) -> set[str]:
        """All of them."""
        return {
            f"{method.upper()} {path}"
            for path, operations in self.told["paths"].items()
            for method in operations
        }

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        method, path = request.method, request.url.path
        template = self._find(method, path)
        if template is None:
            self.faults.append(f"there is no {method} {path}")
            return httpx2.Response(404, json={"title": "no such route"})
        self.asked.add(f"{method} {template}")
        operation = self.told["paths"][template][method.lower()]
        queried = {name for name, _ in parse_qsl(request.url.query.decode())}
        self._check(f"{method} {template}", operation, request, queried)
        return self._answer(operation)

    def _find(self, method: str, path: str) -> str | None:
        """The route with the most words of its own."""
        found = [
            template
            for template, operations in self.told["paths"].items()
            if method.lower() in operations
            and re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)), path)
        ]
        return min(found, key=lambda template: template.count("{"), default=None)

    def _check(
        self, label: str, operation: Any, request: httpx2.Request, queried: set[str]
    ) -> None:
        known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        self.faults += [f"{label} knows no parameter {name}" for name in sorted(queried - known)]
        form = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if form is None or not request.headers.get("content-type", "").endswith("json"):
            return
        schema = self._resolve(form["schema"])
        sent = json.loads(request.content)
        if not isinstance(sent, dict) or "properties" not in schema:
            return
        strange = sorted(sent.keys() - schema["properties"].keys())
        missing = sorted(set(schema.get("required", ())) - sent.keys())
        self.faults += [f"{label} knows no field {name}" for name in strange]
        self.faults += [f"{label} needs {name}" for name in missing]

    def _resolve(self, schema: Any) -> Any:
        while "$ref" in schema:
            schema = self.told["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _answer(self, operation: Any) -> httpx2.Response:
        """A success, by its example, as the last page of what has pages."""
        successes = sorted(one for one in operation["responses"] if one.startswith("2"))
        status = successes[self.pick % len(successes)]
        content = operation["responses"][status].get("content", {})
        if "application/json" not in content:
            return httpx2.Response(int(status), content=b"something" if content else b"")
        example = content["application/json"].get("example")
        if isinstance(example, dict) and "next_cursor" in example:
            example = {**example, "next_cursor": None}
        return httpx2.Response(int(status), json=example)


def ways(method: Callable[..., Any], given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Arguments to call a method with: what it needs, and all that it takes, in each choice."""
    hints = get_type_hints(method)
    takes = [
        one
        for one in signature(method).parameters.values()
        if one.kind is not Parameter.VAR_KEYWORD and one.name != "self"
    ]
    for everything in (False, True):
        wanted = [one for one in takes if everything or one.default is Parameter.empty]
        choices = [
            [given[one.name]] if one.name in given else made_up(hints[one.name]) for one in wanted
        ]
        for chosen in itertools.product(*choices):
            yield {one.name: value for one, value in zip(wanted, chosen, strict=True)}


def made_up(hint: Any) -> list[Any]:
    """Values of a type: one, or each that there is to choose from."""
    if isinstance(hint, TypeAliasType):
        return made_up(hint.__value__)
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return made_up(next(part for part in parts if part is not NoneType))
    if origin is Literal:
        return list(parts)
    if hint in PLAIN:
        return [PLAIN[hint]]
    if isinstance(hint, type) and issubclass(hint, Answered):
        fields = {name: made_up(one.annotation)[0] for name, one in hint.model_fields.items()}
        return [hint.model_construct(**fields)]
    return [{} if issubclass(origin or hint, Mapping) else ()]
