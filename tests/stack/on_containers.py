"""The real servers as containers: the compose file itself, started by testcontainers."""

import os
import socket
import subprocess
from pathlib import Path
from typing import Final

from testcontainers.compose import DockerCompose

from tests.stack.backend import ENGINES
from tests.tidy.tree import ROOT, SERVICES

PORTS: Final = {
    "postgres": "POSTGRES_PORT",
    "kafka": "KAFKA_PORT",
    "opensearch": "OPENSEARCH_PORT",
    "valkey": "VALKEY_PORT",
    "s3": "S3_PORT",
    "gateway": "GATEWAY_PORT",
}


def daemon_fault() -> str | None:
    """Why no container can be started here, or nothing if one can."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no Docker daemon answers: {error}"
    return f"no Docker daemon answers: {said.stderr.strip()}" if said.returncode else None


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_environment(folder: Path, project: str) -> dict[str, str]:
    """Make the secrets and choose the ports of one compose project.

    Args:
        folder: Where to put the file `.env`.
        project: Its name, which keeps it apart from a developer's own.

    Returns:
        What compose is given; it is also in the file.
    """
    path = folder / ".env"
    subprocess.run([ROOT / "scripts/compose-env", path], check=True, capture_output=True)
    given = {name: str(free_port()) for name in PORTS.values()}
    given["COMPOSE_PROJECT_NAME"] = project
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in given.items())
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def make_settings(env: dict[str, str]) -> dict[str, str]:
    """The settings of a process on this machine that uses the containers."""
    database = f"127.0.0.1:{env['POSTGRES_PORT']}/localex_db"
    settings = {
        "LOCALEX_ENV": "dev",
        "LOCALEX_KAFKA_SERVERS": f"127.0.0.1:{env['KAFKA_PORT']}",
        "LOCALEX_OPENSEARCH_URL": f"http://127.0.0.1:{env['OPENSEARCH_PORT']}",
        "LOCALEX_SEARCH_ENABLED": "true",
        "LOCALEX_S3_ENDPOINT": f"http://127.0.0.1:{env['S3_PORT']}",
        "LOCALEX_S3_BUCKET": "localex-media",
        "LOCALEX_S3_ACCESS_KEY": env["S3_ACCESS_KEY"],
        "LOCALEX_S3_SECRET_KEY": env["S3_SECRET_KEY"],
        "LOCALEX_MIGRATOR_DATABASE_URL": (
            f"postgresql://localex_migrator:{env['MIGRATOR_DB_PASSWORD']}@{database}"
        ),
        "LOCALEX_OPERATOR_DATABASE_URL": (
            f"postgresql://localex_operator:{env['OPERATOR_DB_PASSWORD']}@{database}"
        ),
        "GATEWAY_BOOTSTRAP_OPERATOR_EMAIL": env["OPERATOR_EMAIL"],
        "GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD": env["OPERATOR_PASSWORD"],
        "GATEWAY_HTTP_HOST": "127.0.0.1",
        "GATEWAY_HTTP_PORT": env["GATEWAY_PORT"],
    }
    for service in SERVICES:
        name = service.upper()
        password, cache = env[f"{name}_DB_PASSWORD"], env[f"{name}_VALKEY_PASSWORD"]
        settings[f"{name}_DATABASE_URL"] = f"postgresql://{service}:{password}@{database}"
        settings[f"{name}_VALKEY_URL"] = (
            f"redis://{service}:{cache}@127.0.0.1:{env['VALKEY_PORT']}/0"
        )
    return settings


def relevant(settings: dict[str, str], parts: tuple[str, ...]) -> dict[str, str]:
    """The settings that concern some engines, and what concerns none."""
    marks = {
        "postgres": ("DATABASE_URL",),
        "kafka": ("KAFKA",),
        "opensearch": ("OPENSEARCH",),
        "valkey": ("VALKEY",),
        "s3": ("_S3_",),
    }
    hidden = tuple(mark for part in ENGINES if part not in parts for mark in marks[part])
    return {name: v for name, v in settings.items() if not any(mark in name for mark in hidden)}


class ContainerBackend:
    """Some or all services of the compose file, on ports and secrets of their own."""

    def __init__(self, folder: Path, parts: tuple[str, ...] | None) -> None:
        """Start the engines named, or everything; returns when all are well."""
        project = f"localex-test-{os.getpid()}-{free_port()}"
        self._env = make_environment(folder, project)
        self._compose = DockerCompose(
            ROOT,
            "docker-compose.yml",
            build=parts is None,
            env_file=str(folder / ".env"),
            services=list(parts) if parts else None,
        )
        settings = make_settings(self._env)
        self.settings = settings if parts is None else relevant(settings, parts)
        postgres = parts is None or "postgres" in parts
        self.admin_url = (
            f"postgresql://postgres:{self._env['POSTGRES_PASSWORD']}"
            f"@127.0.0.1:{self._env['POSTGRES_PORT']}/localex_db"
            if postgres
            else ""
        )
        try:
            self._compose.start()
        except BaseException:
            self.close()
            raise

    def _run(self, *words: str) -> None:
        command = [*self._compose.docker_compose_command(), *words]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    def start(self, part: str) -> None:
        """Start a part again and wait until it is well."""
        self._run("up", "--wait", "--no-recreate", *self._containers(part))

    def stop(self, part: str) -> None:
        """Stop a part's containers in good order."""
        self._run("stop", *self._containers(part))

    def kill(self, part: str) -> None:
        """End a part's containers as a crash would, and bring them back."""
        self._run("kill", *self._containers(part))
        # To Docker, being killed by hand is being stopped: its restart policy does nothing.
        self._run("start", *self._containers(part))

    def _containers(self, part: str) -> list[str]:
        """A service is one container a role; an engine is one."""
        roles = ("consume", "relay", "work")
        return [part, *(f"{part}-{role}" for role in roles)] if part in SERVICES else [part]

    def close(self) -> None:
        """Stop everything and remove containers and volumes."""
        self._run("down", "--volumes", "--remove-orphans", "--timeout", "5")
