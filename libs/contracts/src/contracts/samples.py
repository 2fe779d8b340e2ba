"""Messages made from a JSON Schema: one for each value of an enum and each alternative."""

from collections.abc import Mapping
from typing import Any, Final

_FORMATS: Final = {
    "uuid": "01936d00-0000-7000-8000-00000000000a",
    "date-time": "2026-11-21T12:00:00Z",
    "date": "2026-11-21",
}
_PATTERNS: Final = {
    "^-?[0-9]{1,38}$": "1200",
    "^[0-9]{1,38}$": "1200",
    "^[A-Z][A-Z0-9]{1,9}$": "LXC",
}


def samples(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Payloads that the schema takes: the first of everything, then each other choice in turn.

    Raises:
        LookupError: A pattern for which no text is known: add one here.
    """
    found: list[dict[str, Any]] = []
    for turn in range(_choices(schema, schema)):
        one = _make(schema, schema, turn)
        if one not in found:
            found.append(one)
    return found


def _resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _choices(schema: Mapping[str, Any], root: Mapping[str, Any]) -> int:
    schema = _resolve(schema, root)
    count = max(len(schema.get("enum", ())), len(schema.get("anyOf", ())), 1)
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    if isinstance(schema.get("items"), Mapping):
        parts.append(schema["items"])
    return max(count, *(_choices(part, root) for part in parts)) if parts else count


def _make(schema: Mapping[str, Any], root: Mapping[str, Any], turn: int) -> Any:
    schema = _resolve(schema, root)
    if "enum" in schema:
        return schema["enum"][turn % len(schema["enum"])]
    if "anyOf" in schema:
        return _make(schema["anyOf"][turn % len(schema["anyOf"])], root, turn)
    if schema.get("type") == "object":
        parts = schema.get("properties", {}).items()
        return {name: _make(part, root, turn) for name, part in parts}
    if schema.get("type") == "array":
        return [_make(schema["items"], root, turn)] if schema.get("items") else []
    return schema["const"] if "const" in schema else _plain(schema, turn)


def _plain(schema: Mapping[str, Any], turn: int) -> Any:
    match schema.get("type"):
        case "string":
            return _text(schema)
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return bool(turn % 2)
        case _:
            return None


def _text(schema: Mapping[str, Any]) -> str:
    if "format" in schema:
        return _FORMATS[schema["format"]]
    if "pattern" in schema:
        return _PATTERNS[schema["pattern"]]
    return "x" * max(int(schema.get("minLength", 1)), 1)
