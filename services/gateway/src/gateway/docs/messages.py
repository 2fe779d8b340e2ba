"""The page of messages: topics, and the fields of what is said on them. Pure; no script needed."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LocalEx messages</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #8884 }
code { font-size: .9em } h2 { margin-top: 3rem } summary { cursor: pointer; font-weight: 600 }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #9cf } }
</style>
</head>
<body>
<h1>LocalEx messages</h1>
<p>CloudEvents 1.0 over Kafka, binary mode: attributes are headers (<code>ce_*</code>), the payload
is JSON. The same as a document: <a href="/v1/asyncapi.json">AsyncAPI 3.0</a>.</p>
"""


def render_messages(document: Mapping[str, Any]) -> str:
    """The page of an AsyncAPI document with its schemas in it.

    Args:
        document: As `contracts.generate.asyncapi(bundled=True)` makes it.
    """
    messages = document["components"]["messages"]
    channels = document["channels"]
    links = "".join(f'<li><a href="#{escape(name)}">{escape(name)}</a></li>' for name in channels)
    parts = [_HEAD, f"<ul>{links}</ul>"]
    for name, channel in channels.items():
        partitions = channel["bindings"]["kafka"]["partitions"]
        parts.append(f'<h2 id="{escape(name)}">{escape(name)}</h2>')
        parts.append(f"<p>{escape(_direction(name, document))}; {partitions} partitions.</p>")
        parts += [_message(messages[one]) for one in channel["messages"]]
    return "".join((*parts, "</body></html>\n"))


def _direction(channel: str, document: Mapping[str, Any]) -> str:
    reference = f"#/channels/{channel}"
    actions = [
        (name.partition(".")[0], operation["action"])
        for name, operation in document["operations"].items()
        if operation["channel"]["$ref"] == reference
    ]
    return ", ".join(f"{who} {'hears' if what == 'receive' else 'says'}" for who, what in actions)


def _message(message: Mapping[str, Any]) -> str:
    payload = message["payload"]
    name, version = escape(message["name"]), escape(str(payload["$id"]).rpartition(":")[2])
    rows = "".join(_rows(payload, payload, ""))
    return (
        f"<details><summary>{name} <small>version {version}</small></summary>"
        f"<p>{escape(message['summary'])}</p>"
        f"<table><thead><tr><th>field</th><th>type</th><th></th></tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )


def _rows(schema: Mapping[str, Any], root: Mapping[str, Any], where: str) -> list[str]:
    rows = []
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        place = f"{where}.{name}" if where else name
        must = "" if name in required else "optional"
        rows.append(
            f"<tr><td><code>{escape(place)}</code></td><td>{escape(_type(field, root))}</td>"
            f"<td>{must}</td></tr>"
        )
        inner = _resolve(field.get("items", field), root)
        if inner.get("properties"):
            rows += _rows(inner, root, f"{place}[]" if "items" in field else place)
    return rows


def _resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return found


def _type(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    schema = _resolve(schema, root)
    if "anyOf" in schema:
        return " or ".join(_type(one, root) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), root)}"
    kind = str(schema.get("format") or schema.get("const") or schema.get("type", "anything"))
    return f"{kind} {schema['pattern']}" if "pattern" in schema else kind
