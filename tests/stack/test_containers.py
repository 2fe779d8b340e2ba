"""The container mode: what can be known without a daemon, and a real start where one answers."""

import subprocess
from pathlib import Path

import asyncpg
import pytest

from tests.stack import on_containers
from tests.stack.backend import ENGINES
from tests.stack.needs import find_compose
from tests.stack.on_containers import (
    PORTS,
    ContainerBackend,
    make_environment,
    make_settings,
    relevant,
)
from tests.tidy.tree import ROOT


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a compose project."""
    return make_environment(tmp_path_factory.mktemp("env"), "localex-test-unit")


def test_each_project_has_ports_of_its_own(env: dict[str, str]) -> None:
    """Tests run beside a developer's own containers."""
    ports = [env[name] for name in PORTS.values()]
    assert len(ports) == len(set(ports))
    assert all(1024 < int(port) < 65536 for port in ports)


def test_compose_takes_the_ports_and_the_name(env: dict[str, str], tmp_path: Path) -> None:
    """The compose file has a variable for each port that a project chooses."""
    program = find_compose()
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    command = [str(program), "--env-file", str(file), "config"]
    said = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    for name in PORTS.values():
        assert f'published: "{env[name]}"' in said.stdout, name
    assert f"HOST://127.0.0.1:{env['KAFKA_PORT']}" in said.stdout
    assert said.stdout.startswith("name: localex-test-unit\n")


def test_the_settings_have_the_names_of_every_mode(env: dict[str, str]) -> None:
    """A test cannot tell which mode it runs in."""
    settings = make_settings(env)
    assert settings["LOCALEX_KAFKA_SERVERS"].endswith(env["KAFKA_PORT"])
    assert settings["LEDGER_DATABASE_URL"].startswith("postgresql://ledger:")
    assert settings["SEARCH_VALKEY_URL"].startswith("redis://search:")
    assert all(name.isupper() and value for name, value in settings.items())


@pytest.mark.parametrize("part", ENGINES)
def test_an_engine_gets_the_settings_that_concern_it(env: dict[str, str], part: str) -> None:
    """A test that asked for one engine cannot lean on another by mistake."""
    marks = {"postgres": "DATABASE_URL", "s3": "_S3_"}
    settings = relevant(make_settings(env), (part,))
    mine = marks.get(part, part.upper())
    assert any(mine in name for name in settings)
    for other in set(ENGINES) - {part}:
        assert not any(marks.get(other, other.upper()) in name for name in settings), other


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
