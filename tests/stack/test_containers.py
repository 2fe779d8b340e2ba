"""The container mode: what can be known without a daemon, and a real start where one answers."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from chassis.tokens import read_signing_key
from embedded.places import Places
from embedded.settings import read_settings
from tests.compose.containers import CONTAINERS_ONLY, EMBEDDED_ONLY, settings_given
from tests.stack import on_containers
from tests.stack.backend import ENGINES
from tests.stack.needs import find_compose
from tests.stack.on_containers import (
    FILES,
    PORTS,
    ContainerBackend,
    make_environment,
    make_settings,
    run_job,
)
from tests.tidy.tree import ROOT, sources

#: An address is another one inside of the network than on this machine.
ADDRESS: Final = re.compile(r"_(URL|PORT|SERVERS|S3_ENDPOINT)$|^GATEWAY_UPSTREAM_")
#: How tests ask fixtures for a setting.
ASKED: Final = re.compile(rf"\b(?:system|backend|{'|'.join(ENGINES)})\.settings\[\"(\w+)\"\]")


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a compose project."""
    return make_environment(tmp_path_factory.mktemp("env"), "localex-test-unit")


@pytest.fixture(scope="module")
def topology(env: dict[str, str]) -> dict[str, Any]:
    """What compose makes of the two files, by the file that it is given."""
    files = [word for name in FILES for word in ("-f", name)]
    from_file = ("--env-file", f"{env['TESTS_FOLDER']}/.env")
    command = [str(find_compose()), *files, *from_file, "config", "--format", "json"]
    said = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    assert said.stderr == ""
    parsed: dict[str, Any] = json.loads(said.stdout)
    return parsed


def test_each_project_has_ports_of_its_own(env: dict[str, str]) -> None:
    """Tests run beside a developer's own containers."""
    ports = [env[name] for name in PORTS.values()]
    assert len(ports) == len(set(ports))
    assert all(1024 < int(port) < 65536 for port in ports)


def test_compose_takes_the_ports_and_the_name(
    env: dict[str, str], topology: dict[str, Any]
) -> None:
    """Each part listens on the port that the project has chosen for it."""
    services = topology["services"]
    for part, name in PORTS.items():
        (port,) = services[part]["ports"]
        assert (port["host_ip"], port["published"]) == ("127.0.0.1", env[name]), part
        inside = services[part]["environment"].get(f"{part.upper()}_HTTP_PORT")
        assert inside in (None, str(port["target"])), part
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert f"HOST://127.0.0.1:{env['KAFKA_PORT']}" in advertised
    assert topology["name"] == "localex-test-unit"


def test_containers_and_tests_have_the_same_settings(
    env: dict[str, str], topology: dict[str, Any]
) -> None:
    """The same names as of the embedded stack, but for some with a reason, and the same values."""
    settings, given = make_settings(env), settings_given(topology)
    assert given.keys() - settings.keys() == CONTAINERS_ONLY.keys()
    assert settings.keys() - given.keys() == EMBEDDED_ONLY.keys()
    told = {name: {value} for name, value in settings.items() if not ADDRESS.search(name)}
    assert {name: given[name] for name in told.keys() & given.keys()} == {
        name: value for name, value in told.items() if name in given
    }
    assert settings["LOCALEX_ENV"] == "dev"
    assert given["GATEWAY_BEHIND_TLS"] == {"false"}


def test_what_tests_ask_for_is_there(env: dict[str, str]) -> None:
    """A test cannot tell which mode it runs in."""
    texts = sources(".py", within="tests/").values()
    asked = {name for text in texts for name in ASKED.findall(text)}
    assert asked > {"LOCALEX_CLOCK_OFFSET_FILE", "GATEWAY_MESSAGES_FILE"}
    assert asked - make_settings(env).keys() == set()


def test_our_containers_share_a_folder_with_the_tests(
    env: dict[str, str], topology: dict[str, Any]
) -> None:
    """It has the same path inside, and who runs the tests can read what is written there."""
    for name, container in topology["services"].items():
        folders = {v["target"] for v in container.get("volumes", []) if v["type"] == "bind"}
        ours = container["image"] == "localex:dev" and name not in ("migrate", "topics")
        assert (env["TESTS_FOLDER"] in folders) == ours, name
        assert not ours or container["user"] == env["TESTS_USER"], name


def test_the_keys_are_where_the_settings_say(tmp_path: Path) -> None:
    """The job that makes them fills the folder as if it were an embedded stack's."""
    settings = make_settings(make_environment(tmp_path, "localex-test-keys"))
    run_job("keys", settings)
    # Whoever says something first makes these two.
    later = {"LOCALEX_CLOCK_OFFSET_FILE", "GATEWAY_MESSAGES_FILE"}
    files = {name for name in settings if name.endswith(("_FILE", "_FILES"))} - later
    assert len(files) > len(later)
    assert [name for name in files if not Path(settings[name]).is_file()] == []
    places = Places.of(tmp_path)
    assert read_signing_key(places.signing_key_file).kid
    assert read_settings(places.settings_file) == settings


@pytest.mark.parametrize("part", ENGINES)
def test_an_engine_gets_the_settings_that_concern_it(env: dict[str, str], part: str) -> None:
    """A test that asked for one engine cannot lean on another by mistake."""
    marks = {"postgres": "DATABASE_URL", "s3": "_S3_", "opensearch": "OPENSEARCH_URL"}
    settings = make_settings(env, (part,))
    mine = marks.get(part, part.upper())
    assert any(mine in name for name in settings)
    for other in set(ENGINES) - {part}:
        assert not any(marks.get(other, other.upper()) in name for name in settings), other
    assert not any(name.endswith("_HTTP_PORT") for name in settings)


def test_a_missing_daemon_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no daemon answers, the reason for skipping says so."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert "no Docker daemon answers" in (on_containers.daemon_fault() or "")


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_container_answers(tmp_path: Path) -> None:
    """Postgres comes up from the compose file with the roles in it."""
    if fault := on_containers.daemon_fault():
        pytest.skip(fault)
    backend = ContainerBackend(tmp_path, ("postgres",))
    try:
        conn = await asyncpg.connect(backend.settings["LEDGER_DATABASE_URL"])
        assert await conn.fetchval("SELECT current_user") == "ledger"
        await conn.close()
    finally:
        backend.close()
