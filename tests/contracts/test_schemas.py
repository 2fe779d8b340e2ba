"""The committed schemas say what the models say."""

import json
from pathlib import Path

import jsonschema
import pytest

from contracts.generate import SCHEMAS, differences, documents
from contracts.messages import MESSAGES, Command, Event


def test_the_committed_schemas_are_as_the_models_say() -> None:
    """A changed model without regenerated schemas is a change of the wire that nobody saw."""
    assert differences(SCHEMAS) == []


def test_a_stale_schema_is_named(tmp_path: Path) -> None:
    """The comparison can fail: one changed byte is found."""
    for name, text in documents().items():
        (tmp_path / name).write_text(text)
    stale = tmp_path / "ledger.FundEscrow.1.json"
    stale.write_text(stale.read_text().replace("payer_id", "payer"))
    assert differences(tmp_path) == [stale.name]


@pytest.mark.parametrize("name", sorted(documents()))
def test_each_schema_is_a_json_schema(name: str) -> None:
    """What is committed can be used by a validator."""
    if name != "asyncapi.json":
        jsonschema.Draft202012Validator.check_schema(json.loads(documents()[name]))


def test_commands_refuse_and_events_bear_unknown_fields() -> None:
    """A misspelt wish must not be half-granted; an event may gain fields."""
    for model in MESSAGES.values():
        if issubclass(model, Command):
            assert model.model_config["extra"] == "forbid", model
        if issubclass(model, Event):
            assert model.model_config["extra"] == "ignore", model


def test_every_message_is_on_a_topic_of_its_service() -> None:
    """A type's name begins with the service that owns its topic."""
    for name, model in MESSAGES.items():
        assert name == f"{model.TOPIC.split('.', maxsplit=1)[0]}.{model.__name__}"
