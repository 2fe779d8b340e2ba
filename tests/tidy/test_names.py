"""One name for a thing, everywhere."""

import re
import tomllib

import pytest
import yaml

from contracts.topics import ALL_TOPICS
from tests.tidy import tree

TOPIC = re.compile(r"^([a-z]+)\.[a-z_]+\.v[1-9]\d*(\.dead)?$")
PREFIXES = ("LOCALEX_", *(f"{service.upper()}_" for service in tree.SERVICES))
ENVIRONMENT_NAME = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b")


def misnamed_topics(topics: list[str]) -> list[str]:
    """Topics that are not `<service>.<slice>.v<N>`, with `.dead` for dead letters."""
    return [
        name
        for name in topics
        if not (match := TOPIC.match(name)) or match.group(1) not in tree.SERVICES
    ]


def test_topics_are_named_after_their_service() -> None:
    """A topic's name says who speaks on it."""
    assert misnamed_topics([topic.name for topic in ALL_TOPICS]) == []


def test_each_topic_is_listed_once_with_its_dead_letters() -> None:
    """A message that cannot be handled always has a place to go."""
    names = [topic.name for topic in ALL_TOPICS]
    assert len(names) == len(set(names))
    living = {name for name in names if not name.endswith(".dead")}
    assert {f"{name}.dead" for name in living} == set(names) - living
    assert all(topic.partitions > 0 for topic in ALL_TOPICS)


@pytest.mark.parametrize("service", tree.SERVICES)
def test_folder_import_distribution_and_compose_service_agree(service: str) -> None:
    """Who knows one of the names of a service knows them all."""
    home = tree.ROOT / "services" / service
    assert (home / "src" / service / "__init__.py").is_file()
    project = tomllib.loads((home / "pyproject.toml").read_text())
    assert project["project"]["name"] == f"localex-{service}"
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [f"src/{service}"]
    compose = yaml.safe_load((tree.ROOT / "docker-compose.yml").read_text())
    assert {name.split("-")[0] for name in compose["services"]} >= {service}


def test_there_is_no_service_without_a_name() -> None:
    """The folders of services are the services."""
    folders = {path.split("/")[1] for path in tree.tracked() if path.startswith("services/")}
    assert folders == set(tree.SERVICES)


def strange_settings(names: list[str]) -> list[str]:
    """Names of settings without the prefix of all or of a service."""
    return [name for name in names if not name.startswith(PREFIXES)]


def test_compose_gives_our_processes_only_our_settings() -> None:
    """The containers read the same settings as the embedded stack."""
    compose = yaml.safe_load((tree.ROOT / "docker-compose.yml").read_text())
    ours = [s for s in compose["services"].values() if s.get("image", "").startswith("localex")]
    names = [name for service in ours for name in service.get("environment", {})]
    assert names
    assert strange_settings(names) == []


def test_the_name_checks_can_fail() -> None:
    """A topic of nobody, one without a version and a setting of nobody are found."""
    assert misnamed_topics(["billing.invoices.v1", "ledger.transfers", "ledger.Transfers.v1"]) == [
        "billing.invoices.v1",
        "ledger.transfers",
        "ledger.Transfers.v1",
    ]
    assert misnamed_topics(["ledger.transfers.v1.dead"]) == []
    assert strange_settings(["DATABASE_URL", "LEDGER_DATABASE_URL"]) == ["DATABASE_URL"]
