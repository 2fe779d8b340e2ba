"""The compose file is what compose itself accepts, and the same topology as the embedded stack."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.topics import ALL_TOPICS
from embedded.credentials import load_credentials
from embedded.fetch.servers import Servers
from embedded.places import Places
from embedded.settings import make_settings
from embedded.site import Site
from tests.compose.containers import CONTAINERS_ONLY, EMBEDDED_ONLY, settings_given
from tests.stack.needs import find_compose
from tests.tidy.tree import ROOT, SERVICES

ENGINES = {"postgres", "kafka", "opensearch", "valkey", "s3"}
JOBS = {"migrate", "topics", "keys"}
ROLES = ("serve", "consume", "relay", "work")


def run(
    *command: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the checkout and return what it said."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, env=env, check=False, capture_output=True, text=True)


@pytest.fixture(scope="session")
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Secrets as the script makes them."""
    path = tmp_path_factory.mktemp("compose") / ".env"
    assert run("scripts/compose-env", path).returncode == 0
    return path


@pytest.fixture(scope="session")
def compose() -> str:
    """The real compose."""
    return str(find_compose())


@pytest.fixture(scope="session")
def topology(compose: str, env_file: Path) -> dict[str, Any]:
    """The compose file as compose understands it."""
    said = run(compose, "--env-file", env_file, "config", "--format", "json", env={"PATH": "/bin"})
    assert said.returncode == 0, said.stderr
    assert said.stderr == ""
    parsed: dict[str, Any] = json.loads(said.stdout)
    return parsed


def test_secrets_are_made_once_and_private(env_file: Path) -> None:
    """A second run changes nothing, and nobody else may read the file."""
    before = env_file.read_text()
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert run("scripts/compose-env", env_file).returncode == 0
    assert env_file.read_text() == before
    values = [line.split("=")[1] for line in before.splitlines() if "PASSWORD=" in line]
    assert len(values) == len(set(values))
    assert all(len(value) >= 32 for value in values)


def test_without_secrets_compose_says_what_to_do(compose: str, tmp_path: Path) -> None:
    """There is no default password anywhere: a missing one stops with the command to run."""
    nothing = tmp_path / "none.env"
    nothing.write_text("")
    said = run(compose, "--env-file", nothing, "config", "--quiet", env={"PATH": "/bin"})
    assert said.returncode != 0
    assert "scripts/compose-env" in said.stderr


def test_every_part_and_every_role_is_there(topology: dict[str, Any]) -> None:
    """The parts are those of the embedded stack; a service is one container a role."""
    roles = {s if role == "serve" else f"{s}-{role}" for s in SERVICES for role in ROLES}
    assert set(topology["services"]) == ENGINES | JOBS | roles
    for name in roles:
        service, _, role = name.partition("-")
        assert topology["services"][name]["command"] == [service, role or "serve"]


def test_all_our_containers_run_one_image(topology: dict[str, Any]) -> None:
    """One image is built, scanned and rolled out, whatever its role."""
    images = {topology["services"][n]["image"] for n in set(topology["services"]) - ENGINES}
    assert images == {"localex:dev"}


def test_everything_that_stays_up_has_a_health_check(topology: dict[str, Any]) -> None:
    """Compose's --wait, and the order of starting, need to know who is well."""
    for name in set(topology["services"]) - JOBS:
        assert topology["services"][name]["healthcheck"]["test"], name


def test_services_wait_for_the_jobs_and_jobs_for_their_engine(topology: dict[str, Any]) -> None:
    """No service starts on a schema, a topic or a key that is not there yet."""
    services = topology["services"]
    for name in set(services) - ENGINES - JOBS:
        waits = {k: v["condition"] for k, v in services[name]["depends_on"].items()}
        assert {job: waits[job] for job in JOBS} == dict.fromkeys(
            JOBS, "service_completed_successfully"
        )
        assert "opensearch" not in waits, "all but search works without it"
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert services["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"


def test_our_containers_have_no_rights_to_lose(topology: dict[str, Any]) -> None:
    """A hole in a service opens a read-only box without privileges."""
    for name in set(topology["services"]) - ENGINES:
        container = topology["services"][name]
        assert container["read_only"], name
        assert container["cap_drop"] == ["ALL"], name
        assert container["security_opt"] == ["no-new-privileges:true"], name


def test_ports_are_published_on_the_loopback_only(topology: dict[str, Any]) -> None:
    """The engines speak without encryption, so the machine's network never sees them."""
    for container in topology["services"].values():
        for port in container.get("ports", []):
            assert port["host_ip"] == "127.0.0.1"


def test_only_the_gateway_holds_the_signing_key(topology: dict[str, Any]) -> None:
    """Everybody can check a token; one service can make one."""
    for name, container in topology["services"].items():
        sources = {volume.get("source") for volume in container.get("volumes", [])}
        assert ("signing-key" in sources) == (name == "keys" or name.startswith("gateway")), name


def test_only_one_role_holds_the_key_of_the_log(topology: dict[str, Any]) -> None:
    """Who answers requests cannot sign history."""
    for name, container in topology["services"].items():
        sources = {volume.get("source") for volume in container.get("volumes", [])}
        holds = name in {"keys", "ledger-work"}
        assert ("checkpoint-key" in sources) == holds, name
        given = "LEDGER_CHECKPOINT_KEY_FILE" in container.get("environment", {})
        assert given == holds, name


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_nobody_elses_secrets(topology: dict[str, Any], service: str) -> None:
    """Least privilege: its own database role, its own cache user."""
    names = set(topology["services"][service]["environment"])
    others = tuple(f"{name.upper()}_" for name in SERVICES if name != service)
    assert not {name for name in names if name.startswith(others)}
    assert not names & {"LOCALEX_MIGRATOR_DATABASE_URL", "LOCALEX_OPERATOR_DATABASE_URL"}


def test_the_settings_are_those_of_the_embedded_stack(
    topology: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One settings source in every mode: the same names, but for some with a reason."""
    monkeypatch.setenv("LOCALEX_ENV", "prod")
    places = Places(tmp_path)
    ports = dict.fromkeys((*ENGINES, *SERVICES), 1)
    site = Site(places, "0", "full", ports, load_credentials(places), Servers(), account=None)
    given, ours = settings_given(topology).keys(), make_settings(site).keys()
    assert given - ours == CONTAINERS_ONLY.keys()
    # A balancer has to notice that a container is going.
    assert ours - given == EMBEDDED_ONLY.keys() | {"LOCALEX_UNREADY_SECONDS"}


def test_the_pools_fit_into_the_database(topology: dict[str, Any]) -> None:
    """All processes at their peak stay below the server's limit."""
    services = topology["services"]
    pools = [
        int(container["environment"]["LOCALEX_POOL_MAX"])
        for name, container in services.items()
        if name not in ENGINES | JOBS
    ]
    limit = next(w for w in services["postgres"]["command"] if "max_connections" in w)
    assert sum(pools) < int(limit.split("=")[1])


def test_compose_lines_are_tidy() -> None:
    """The file parses as plain YAML too, and the topics it provisions are the contracts'."""
    parsed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert parsed["services"]["topics"]["command"] == ["topics"]
    assert ALL_TOPICS
