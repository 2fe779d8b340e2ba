"""An example for every route in the OpenAPI document: of what is sent, and of what is answered.

What is sent is written by hand, in `examples.json` of the service or with its model, since it must
make sense: tests send it. What is answered is made from its form.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

import orjson

#: How deep answers are told: lists of lists of objects are enough.
DEPTH_MAX: Final = 6
_ID: Final = "01936d00-0000-7000-8000-00000000000a"
_MOMENT: Final = "2026-11-21T12:00:00Z"
#: By the name of a field, where its form says too little.
_BY_NAME: Final[dict[str, Any]] = {
    "asset": "LXC",
    "amount": "60.00",
    "price": "60.00",
    "balance": "174.25",
    "available": "174.25",
    "community": "riverside",
    "currency": "EUR",
    "display_name": "Ana",
    "email": "ana@example.org",
    "language": "en",
    "name": "Riverside",
    "quantity": 1,
    "reason": "a wish of the council",
    "slug": "riverside",
    "time_zone": "Europe/Amsterdam",
    "title": "Bicycle",
    "version": 1,
}
_BY_FORMAT: Final[dict[str, Any]] = {
    "date": "2026-11-21",
    "date-time": _MOMENT,
    "uuid": _ID,
}
_BY_TYPE: Final[dict[str, Any]] = {
    "boolean": False,
    "integer": 0,
    "null": None,
    "number": 0.5,
}
#: Text where neither name nor format says more: the first that its pattern takes.
_TEXTS: Final = ("as it was written", "riverside", "2026-10")


def read_examples(service: str) -> dict[str, Any]:
    """Bodies by route, as they are kept beside a service's code; nothing for one without."""
    try:
        kept: dict[str, Any] = orjson.loads(files(service).joinpath("examples.json").read_bytes())
    except (ModuleNotFoundError, FileNotFoundError):
        return {}
    return kept


def show_examples(document: dict[str, Any], bodies: Mapping[str, Any]) -> None:
    """Add an example to JSON bodies that have one, and to every JSON answer; again changes nothing.

    Args:
        document: OpenAPI, as the framework makes it.
        bodies: What is sent, by method and path.
    """
    schemas = document.get("components", {}).get("schemas", {})
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            sent = _json_of(operation.get("requestBody", {}))
            model = schemas.get(sent.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
            for body in (bodies.get(f"{method.upper()} {path}"), *model.get("examples", ())[:1]):
                if body is not None:
                    sent.setdefault("example", body)
            for status, answer in operation.get("responses", {}).items():
                told = _json_of(answer)
                if status.startswith("2") and "schema" in told:
                    told.setdefault("example", sample(told["schema"], schemas))


def _json_of(part: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = part.get("content", {}).get("application/json", {})
    return found


def sample(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0
) -> Any:
    """A value of a form.

    Args:
        schema: The form.
        schemas: What it may refer to, by name.
        name: Of the field.
        depth: How far in; deeper than `DEPTH_MAX` lists and what may be absent are empty.
    """
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth)
    for told in (schema.get("examples"), schema.get("enum")):
        if isinstance(told, list) and told:
            return told[0]
    if "const" in schema:
        return schema["const"]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return sample(schema[choice][0], schemas, name, depth)
    return _of_type(schema, schemas, name, depth)


def _of_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("properties", {})
        if depth >= DEPTH_MAX:
            wanted = {one: wanted[one] for one in schema.get("required", ())}
        return {one: sample(form, schemas, one, depth + 1) for one, form in wanted.items()}
    if kind == "array":
        few = 0 if depth >= DEPTH_MAX else 1
        form = schema.get("items", {})
        return [sample(form, schemas, name, depth + 1)] * max(few, schema.get("minItems", 0))
    return _word(schema, _BY_NAME.get(name))


def _word(schema: Mapping[str, Any], by_name: Any) -> Any:
    """A single value: by its format, else by its name, else any."""
    kind, form = schema.get("type"), schema.get("format")
    if form in _BY_FORMAT:
        return _BY_FORMAT[form]
    if kind == "string":
        texts = (by_name, *_TEXTS) if isinstance(by_name, str) else _TEXTS
        return next((one for one in texts if _fits(one, schema)), texts[0])
    if kind == "integer" and isinstance(by_name, int):
        return by_name
    return schema.get("minimum", _BY_TYPE.get(str(kind), {}))


def _fits(text: str, schema: Mapping[str, Any]) -> bool:
    long_enough = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    return long_enough and re.search(schema.get("pattern", ""), text) is not None
