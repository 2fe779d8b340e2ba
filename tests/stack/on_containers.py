"""The real servers as containers: the compose file itself, started by testcontainers.

What tests need besides is in `compose.tests.yml`. A folder that tests and containers share is laid
out as a data folder of the embedded stack, so that settings and files have the same names.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from testcontainers.compose import DockerCompose

from embedded.credentials import Credentials
from embedded.fetch.servers import Servers
from embedded.places import Places
from embedded.settings import make_settings as settings_of_site
from embedded.settings import write_settings
from embedded.site import Site
from tests.stack.backend import ENGINES
from tests.tidy.tree import ROOT, SERVICES

#: The second changes the first.
FILES: Final = ("docker-compose.yml", "tests/stack/compose.tests.yml")
#: The variable with the port of each part on this machine.
PORTS: Final = {name: f"{name.upper()}_PORT" for name in (*ENGINES, *SERVICES)}


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
    """Make the secrets, choose the ports and lay out the folder of one compose project.

    Args:
        folder: For the file `.env`, and for what tests and containers share.
        project: Its name, which keeps it apart from a developer's own.

    Returns:
        What compose is given; it is also in the file.
    """
    path = folder / ".env"
    subprocess.run([ROOT / "scripts/compose-env", path], check=True, capture_output=True)
    Places(folder).jwks_file.parent.mkdir(mode=0o700)
    given = {name: str(free_port()) for name in PORTS.values()}
    given["COMPOSE_PROJECT_NAME"] = project
    given["TESTS_FOLDER"] = str(folder)
    given["TESTS_USER"] = f"{os.getuid()}:{os.getgid()}"
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in given.items())
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def make_settings(env: dict[str, str], parts: tuple[str, ...] | None = None) -> dict[str, str]:
    """The settings of a process on this machine that uses the containers.

    They are made as the embedded stack makes its own: a test finds the same names.

    Args:
        env: As `make_environment` made it.
        parts: Engines that run; everything when not given.
    """
    roles = (*SERVICES, "migrator", "operator")
    site = Site(
        places=Places(Path(env["TESTS_FOLDER"])),
        stack_id=env["COMPOSE_PROJECT_NAME"],
        profile="full",
        ports={name: int(env[PORTS[name]]) for name in (PORTS if parts is None else parts)},
        credentials=Credentials(
            postgres_superuser=env["POSTGRES_PASSWORD"],
            postgres={name: env[f"{name.upper()}_DB_PASSWORD"] for name in roles},
            valkey={name: env[f"{name.upper()}_VALKEY_PASSWORD"] for name in SERVICES},
            s3_access_key=env["S3_ACCESS_KEY"],
            s3_secret_key=env["S3_SECRET_KEY"],
            operator_password=env["OPERATOR_PASSWORD"],
        ),
        servers=Servers(),
        account=None,
    )
    settings = settings_of_site(site) | {"GATEWAY_BOOTSTRAP_OPERATOR_EMAIL": env["OPERATOR_EMAIL"]}
    write_settings(site.places.settings_file, settings)
    return settings


def run_job(name: str, settings: dict[str, str]) -> None:
    """Do on this machine what a container does before the services start: see `jobs.py`."""
    command = [sys.executable, str(ROOT / "deploy" / "image" / "jobs.py"), name]
    subprocess.run(command, env=os.environ | settings, check=True, capture_output=True)


class ContainerBackend:
    """Some or all services of the compose file, on ports and secrets of their own."""

    def __init__(self, folder: Path, parts: tuple[str, ...] | None) -> None:
        """Start the engines named, or everything; returns when all are well."""
        project = f"localex-test-{os.getpid()}-{free_port()}"
        self._env = make_environment(folder, project)
        self._compose = DockerCompose(
            ROOT,
            list(FILES),
            build=parts is None,
            env_file=str(folder / ".env"),
            services=list(parts) if parts else None,
        )
        self.settings = make_settings(self._env, parts)
        postgres = parts is None or "postgres" in parts
        self.admin_url = (
            f"postgresql://postgres:{self._env['POSTGRES_PASSWORD']}"
            f"@127.0.0.1:{self._env['POSTGRES_PORT']}/localex_db"
            if postgres
            else ""
        )
        try:
            self._compose.start()
            if parts is not None:
                # Without our services their jobs do not run either.
                run_job("keys", self.settings)
            if parts is not None and "kafka" in parts:
                run_job("topics", self.settings)
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
