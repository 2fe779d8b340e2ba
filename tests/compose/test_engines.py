"""The engines of the compose file are those of the embedded stack: their versions and settings."""

import shlex
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import pytest
import yaml

from embedded.credentials import load_credentials
from embedded.fetch.servers import Servers
from embedded.parts.catalogue import choose_parts
from embedded.places import Places
from embedded.site import Site
from tests.stack.backend import ENGINES
from tests.tidy.tree import ROOT

type Settings = dict[str, str]

PARTS: Final = {part.name: part for part in choose_parts("full", services=(), migrate=False)}
#: Both write it, and not the same.
OTHERWISE: Final = {
    "postgres": {"max_connections": "16 processes have pools, not four"},
    "kafka": {
        "listeners": "it is reached from other containers, too",
        "advertised.listeners": "it is reached from other containers, too",
        "listener.security.protocol.map": "its listeners have other names",
        "inter.broker.listener.name": "its listeners have other names",
        "log.dirs": "a volume",
    },
    "valkey": {"dir": "a volume", "aclfile": "it holds passwords, and is made at each start"},
    "opensearch": {"cluster.name": "no other stack is in its network"},
    "s3": {
        "s3proxy.endpoint": "it is reached from other containers, too",
        "s3proxy.identity": "made by scripts/compose-env",
        "s3proxy.credential": "made by scripts/compose-env",
        "jclouds.filesystem.basedir": "a volume",
    },
}
#: Without these an engine would keep or forget something else: both write them, and the same.
BOTH: Final = {
    "postgres": {
        "log_min_duration_statement",
        "password_encryption",
        "shared_preload_libraries",
        "wal_level",
    },
    "kafka": {
        "auto.create.topics.enable",
        "broker.heartbeat.interval.ms",
        "broker.session.timeout.ms",
        "group.coordinator.append.linger.ms",
        "group.initial.rebalance.delay.ms",
        "offsets.topic.num.partitions",
    },
    "valkey": {"appendfsync", "appendonly", "maxmemory", "maxmemory-policy", "save"},
    "opensearch": {"action.auto_create_index", "discovery.type"},
    "s3": {"jclouds.provider", "s3proxy.authorization"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A stack that was never started, as if its engines had their data."""
    places = Places.of(tmp_path_factory.mktemp("site"))
    for made in ("postgres/PG_VERSION", "kafka/log/meta.properties"):
        (places.data / made).parent.mkdir(parents=True)
        (places.data / made).touch()
    listening = [port for part in PARTS.values() for port in part.ports]
    ports = {name: 1000 + number for number, name in enumerate(listening)}
    return Site(
        places, str(uuid4()), "full", ports, load_credentials(places), Servers(), account=None
    )


@pytest.fixture(scope="module")
def engines() -> dict[str, dict[str, Any]]:
    """The engines of the compose file."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return {name: services[name] for name in ENGINES}


def of_lines(text: str, separator: str | None) -> Settings:
    """Settings, one a line: a name, what stands between, and the value with or without quotes."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    pairs = [line.split(separator, 1) for line in lines]
    return {name.strip(): value.strip().strip("'\"") for name, value in pairs}


def embedded_settings(site: Site) -> dict[str, Settings]:
    """What each part of the embedded stack writes before it starts."""
    for part in PARTS.values():
        part.prepare(site)  # type: ignore[attr-defined]

    def text(path: str) -> str:
        return (site.places.data / path).read_text()

    return {
        "postgres": of_lines(text("postgres/postgresql.conf"), "="),
        "kafka": of_lines(text("kafka/server.properties"), "="),
        "valkey": of_lines(text("valkey/valkey.conf"), None),
        "opensearch": as_texts(yaml.safe_load(text("opensearch/config/opensearch.yml"))),
        "s3": of_lines(text("s3/s3proxy.conf"), "="),
    }


def as_texts(values: Mapping[str, Any]) -> Settings:
    """As they would stand in a file."""
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in values.items()}


def compose_settings(engines: dict[str, dict[str, Any]]) -> dict[str, Settings]:
    """What the compose file tells each engine, by the engine's own names."""
    given = {name: as_texts(told.get("environment", {})) for name, told in engines.items()}
    flags = [word.removeprefix("-c") for word in engines["postgres"]["command"][1:]]
    start = engines["valkey"]["command"][-1].partition("exec valkey-server")[2]
    words = shlex.split(start)
    return {
        "postgres": dict(flag.split("=", 1) for flag in flags),
        "kafka": by_prefix(given["kafka"], "kafka.", drop=True),
        "valkey": {k.removeprefix("--"): v for k, v in zip(words[::2], words[1::2], strict=True)},
        "opensearch": {name: value for name, value in given["opensearch"].items() if "." in name},
        "s3": by_prefix(given["s3"], "s3proxy.") | by_prefix(given["s3"], "jclouds."),
    }


def by_prefix(given: Settings, prefix: str, *, drop: bool = False) -> Settings:
    """Settings that an image reads from variables of this form: `KAFKA_LOG_DIRS`."""
    named = {name.lower().replace("_", "."): value for name, value in given.items()}
    cut = prefix if drop else ""
    return {n.removeprefix(cut): value for n, value in named.items() if n.startswith(prefix)}


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_has_the_version_of_the_embedded_one(
    engines: dict[str, dict[str, Any]], site: Site, name: str
) -> None:
    """To the last number: it never changes under a running system, and tests run on the same."""
    _, _, tag = engines[name]["image"].partition(":")
    assert tag.removeprefix("s3proxy-") == PARTS[name].version(site)


@pytest.mark.parametrize("name", ENGINES)
def test_what_both_stacks_tell_an_engine_is_the_same(
    engines: dict[str, dict[str, Any]], site: Site, name: str
) -> None:
    """But for addresses, folders and secrets; what is told here is kept there, too."""
    ours, theirs = embedded_settings(site)[name], compose_settings(engines)[name]
    both = ours.keys() & theirs.keys()
    assert {one for one in both if ours[one] != theirs[one]} == set(OTHERWISE[name])
    assert BOTH[name] - both == set()
