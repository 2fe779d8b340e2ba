"""Writes the JSON Schemas and the AsyncAPI document: `python -m contracts.generate [--check]`.

They are generated from the models and committed, so that a diff shows what a change does to the
wire, and a test fails when they do not agree.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import contracts
from contracts.messages import MESSAGES, Command, Message
from contracts.topics import TOPICS

SCHEMAS: Final = Path(contracts.__file__).parents[2] / "schemas"


def json_schema(model: type[Message]) -> dict[str, Any]:
    """The JSON Schema of a message's payload as it is written."""
    schema = model.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:localex:{model.type_name()}:{model.VERSION}",
        **schema,
    }


def asyncapi(*, bundled: bool = False) -> dict[str, Any]:
    """The AsyncAPI 3.0 document: every topic, and the messages on it.

    Args:
        bundled: Put the schemas in, instead of naming their files.
    """
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic in TOPICS:
        carried = [model for model in MESSAGES.values() if topic.name == model.TOPIC]
        channels[topic.name] = {
            "address": topic.name,
            "messages": {
                model.type_name(): {"$ref": f"#/components/messages/{model.type_name()}"}
                for model in carried
            },
            "bindings": {"kafka": {"partitions": topic.partitions, "bindingVersion": "0.5.0"}},
        }
        service = topic.name.partition(".")[0]
        takes = all(issubclass(model, Command) for model in carried)
        operations[f"{service}.{'hears' if takes else 'says'}.{topic.name}"] = {
            "action": "receive" if takes else "send",
            "channel": {"$ref": f"#/channels/{topic.name}"},
        }
        for model in carried:
            messages[model.type_name()] = {
                "name": model.type_name(),
                "summary": (model.__doc__ or "").strip().splitlines()[0],
                "contentType": "application/json",
                "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
                "payload": json_schema(model)
                if bundled
                else {"$ref": f"{model.type_name()}.{model.VERSION}.json"},
            }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "LocalEx messages", "version": "1.0.0"},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"CloudEventHeaders": _headers()}},
    }


def _headers() -> dict[str, Any]:
    required = ["specversion", "id", "source", "type", "dataschema", "time", "subject"]
    optional = ["aggregateversion", "audience", "correlationid", "causationid"]
    names = [f"ce_{name}" for name in (*required, *optional)]
    return {
        "type": "object",
        "description": "CloudEvents 1.0, binary mode; `traceparent` as in W3C Trace Context",
        "required": [f"ce_{name}" for name in required],
        "properties": {name: {"type": "string"} for name in (*names, "traceparent")},
    }


def documents() -> dict[str, str]:
    """Every generated file: name -> text."""
    found = {
        f"{model.type_name()}.{model.VERSION}.json": json_schema(model)
        for model in MESSAGES.values()
    }
    found["asyncapi.json"] = asyncapi()
    return {
        name: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in found.items()
    }


def differences(folder: Path) -> list[str]:
    """Names of files in `folder` that are not as the models say."""
    wanted = documents()
    present = {path.name: path.read_text() for path in folder.glob("*.json")}
    # A schema of an older version stays: it says what old messages look like.
    return sorted(name for name, text in wanted.items() if present.get(name) != text)


def main(arguments: Iterable[str]) -> int:
    """Write the files, or with `--check` only compare."""
    if "--check" in arguments:
        stale = differences(SCHEMAS)
        for name in stale:
            sys.stderr.write(f"{name} is not as the models say; run python -m contracts.generate\n")
        return 1 if stale else 0
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in documents().items():
        (SCHEMAS / name).write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
