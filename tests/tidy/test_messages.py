"""There is one way to subscribe and one way to publish, and both are the chassis'."""

import ast

from tests.tidy import tree

#: Loses the key's order: it sends a whole batch to one partition.
NEVER = frozenset({"publish_batch"})
CHASSIS_ONLY = frozenset({"subscriber", "publisher", "KafkaBroker", "AIOKafkaConsumer"})
SETTINGS_ONLY = frozenset({"environ", "getenv"})
#: Where the environment may be read: the settings, and commands that start processes.
READ_ENVIRONMENT = ("libs/chassis/src/chassis/settings.py", "deploy/", "scripts/", "bench/")


def used_names(text: str) -> list[tuple[int, str]]:
    """Line and name of each call, import and attribute of a module."""
    found = []
    for node in ast.walk(tree.parse(text)):
        if isinstance(node, ast.Attribute):
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.ImportFrom):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.Name):
            found.append((node.lineno, node.id))
    return found


def uses(files: tree.Sources, names: frozenset[str], *allowed: str) -> list[str]:
    """Uses of some names outside the folders that may."""
    return [
        f"{path}:{line}: {name}"
        for path, text in files.items()
        if not (allowed and path.startswith(allowed))
        for line, name in used_names(text)
        if name in names
    ]


def test_kafka_is_reached_through_the_chassis() -> None:
    """The library's defaults lose messages, so only the chassis may set them."""
    assert uses(tree.python(), CHASSIS_ONLY, "libs/chassis/", "deploy/", "bench/") == []
    assert uses(tree.python(), NEVER) == []


def test_settings_have_one_source() -> None:
    """No module reads the environment but the settings."""
    assert uses(tree.python(), SETTINGS_ONLY, *READ_ENVIRONMENT) == []


def test_the_message_checks_can_fail() -> None:
    """A subscription, a batch and a look at the environment are found."""
    assert uses({"services/x.py": "@broker.subscriber('t')\ndef f(): ..."}, CHASSIS_ONLY)
    assert uses({"libs/chassis/x.py": "await broker.publish_batch(a)"}, NEVER)
    assert uses({"services/x.py": "import os\nos.environ['A']"}, SETTINGS_ONLY, "deploy/")
    assert uses({"services/x.py": "from os import getenv"}, SETTINGS_ONLY)
    assert uses({"deploy/x.py": "import os\nos.environ['A']"}, SETTINGS_ONLY, "deploy/") == []
