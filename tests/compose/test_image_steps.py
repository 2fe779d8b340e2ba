"""The image's recipe carried out: what comes of it has what compose's containers need, and no more.

Packages come from where `scripts/setup` has them from. Steps run by a shell, in a folder that
stands for `/`; only what needs root is left out, by name.
"""

import importlib.util
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from chassis.migrations import CHASSIS_SQL, expected_versions
from scripts.pins import RUNTIME, applicable
from tests.compose.containers import Container, containers
from tests.compose.dockerfile import DOCKERFILE, context
from tests.compose.image import ADDS_USER, GIVES_AWAY, Image, carry_out
from tests.stack.database import MIGRATOR, ScratchDatabase
from tests.tidy.tree import ROOT, SERVICES, is_test

pytestmark = pytest.mark.timeout(900, func_only=False)

JOBS: Final = ("migrate", "topics", "keys")
SECRET: Final = re.compile(r"(^|/)\.(env|git|netrc)|\.(pem|key|p12|pgpass)$|id_(rsa|ed25519)")
#: Imports every module, and tells what is where.
LOOK_AROUND: Final = """
import importlib, json, pkgutil, sys
from importlib import metadata

names = [*json.loads(sys.argv[1]), "chassis", "contracts"]
for name in names:
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(package.__path__, name + "."):
        if not found.name.endswith(".__main__"):
            importlib.import_module(found.name)
services = [sys.modules[name + ".main"].service for name in names[:-2]]
expected_versions = sys.modules["chassis.migrations"].expected_versions
print(json.dumps({
    "installed": {d.name: d.version for d in metadata.distributions()},
    "files": [m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)],
    "sql": {s.name: str(s.sql) for s in services},
    "versions": {s.name: sorted(expected_versions(s.name, s.sql)) for s in services},
    "prefix": sys.base_prefix,
}))
"""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """What the Dockerfile makes of what is sent to the build."""
    # Not in pytest's folder, which keeps three runs: an environment takes 400 MB.
    with tempfile.TemporaryDirectory(prefix="localex-image-") as folder:
        # Its own name, as programs in it see it.
        yield carry_out(DOCKERFILE.read_text(), context(), Path(folder).resolve())


@pytest.fixture(scope="module")
def known(image: Image) -> dict[str, Any]:
    """What the image's Python finds with nothing but its own environment."""
    said = image.run(["python", "-I", "-c", LOOK_AROUND, json.dumps(SERVICES)])
    assert said.returncode == 0, said.stderr
    told: dict[str, Any] = json.loads(said.stdout)
    return told


@pytest.fixture(scope="module")
def volumes(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Volumes with keys: at first they are what the image has there, then the job fills them."""
    folder = tmp_path_factory.mktemp("volumes")
    subprocess.run(["cp", "-a", f"{image.at('/run/localex')}/.", str(folder)], check=True)
    said = start(image, containers()["keys"], folder)
    assert said.returncode == 0, said.stderr
    assert "jwks.json is published" in said.stdout
    return folder


@pytest.fixture(scope="module")
def refusals(image: Image, volumes: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each role says that may not trust the network: all else in its settings is well."""
    roles = {name: told for name, told in containers().items() if name not in JOBS}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(
            lambda told: start(image, told, volumes, LOCALEX_TRUSTED_NETWORK="false"),
            roles.values(),
        )
        return dict(zip(roles, said, strict=True))


def words_of(image: Image, told: Container) -> list[str]:
    """What a container runs."""
    return [*(told.entrypoint or image.entrypoint), *told.command]


def settings_of(told: Container, volumes: Path, **more: str) -> dict[str, str]:
    """A container's settings, with its volumes where they are."""
    here = {k: v.replace("/run/localex", str(volumes)) for k, v in told.environment.items()}
    return here | more


def start(
    image: Image, told: Container, volumes: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a container's command to its end."""
    return image.run(words_of(image, told), settings_of(told, volumes, **more))


@pytest.mark.slow
def test_nothing_but_what_needs_root_is_left_out(image: Image) -> None:
    """Everything else in the recipe is carried out; the user who is made is the one who runs."""
    assert image.left_out == [ADDS_USER, GIVES_AWAY.strip(), GIVES_AWAY.strip()]
    assert f"--uid {image.user} " in ADDS_USER


@pytest.mark.slow
def test_exactly_the_runtime_pins_are_installed(known: dict[str, Any]) -> None:
    """What services need, in its pinned version, and ourselves; no tool, no server."""
    wanted = applicable((ROOT / RUNTIME).read_text())
    installed = {re.sub(r"[-_.]+", "-", k).lower(): v for k, v in known["installed"].items()}
    ours = {name for name in installed if name.startswith("localex-")}
    assert ours == {f"localex-{name}" for name in (*SERVICES, "chassis", "contracts")}
    assert {k: v for k, v in installed.items() if k not in ours} == wanted


@pytest.mark.slow
def test_every_module_comes_from_the_image(image: Image, known: dict[str, Any]) -> None:
    """All of our modules can be imported, and neither they nor theirs are the checkout's."""
    homes = (str(image.at("/app")), known["prefix"])
    assert [file for file in known["files"] if not file.startswith(homes)] == []
    assert sum("/src/gateway/" in file for file in known["files"]) > 50


@pytest.mark.slow
def test_services_read_the_images_migrations(image: Image, known: dict[str, Any]) -> None:
    """Health compares the database with them: they are in the image, all of them."""
    assert CHASSIS_SQL.is_relative_to(ROOT)
    for name in SERVICES:
        assert known["sql"][name] == str(image.at(f"/app/services/{name}/sql"))
        wanted = sorted(expected_versions(name, ROOT / "services" / name / "sql"))
        assert known["versions"][name] == [list(pair) for pair in wanted]


@pytest.mark.slow
def test_every_module_was_compiled(image: Image) -> None:
    """Containers write nothing and start quickly: the bytecode is there, of this very source."""
    sources = [
        path
        for folder in ("libs", "services", "deploy/image")
        for path in image.at(folder).rglob("*.py")
    ]
    assert len(sources) > 500
    for path in sources:
        head = Path(importlib.util.cache_from_source(path)).read_bytes()[:16]
        shown, size = path.stat(), int.from_bytes(head[12:16], "little")
        assert (int.from_bytes(head[8:12], "little"), size) == (int(shown.st_mtime), shown.st_size)


@pytest.mark.slow
def test_the_tree_has_no_test_and_no_secret(image: Image) -> None:
    """What is there was sent, is used, and may be seen by whoever pulls the image."""
    app = image.at("/app")
    paths = {
        str(path.relative_to(app))
        for path in app.rglob("*")
        if path.is_file() and not {".venv", "__pycache__"} & set(path.relative_to(app).parts)
    }
    assert paths <= set(context())
    assert [path for path in paths if is_test(path) or SECRET.search(path)] == []
    members = {
        "/".join(path.split("/")[:2]) for path in paths if path.startswith(("libs/", "services/"))
    }
    wanted = {f"services/{name}" for name in SERVICES} | {"libs/contracts", "libs/chassis"}
    assert members == wanted


@pytest.mark.slow
def test_volumes_find_their_folders_in_the_image(image: Image) -> None:
    """A folder that the image lacks would be made by Docker as root's, and no job could write."""
    mounts = {mount for told in containers().values() for mount in told.mounts}
    there = {mount: image.at(mount) for mount in mounts if image.at(mount).is_dir()}
    modes = {mount: stat.S_IMODE(folder.stat().st_mode) for mount, folder in there.items()}
    assert modes == dict.fromkeys(mounts, 0o700) | {"/run/localex/public": 0o755}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in containers() if name not in JOBS])
def test_a_role_starts_up_to_its_settings(
    refusals: dict[str, subprocess.CompletedProcess[str]], name: str
) -> None:
    """Its command is in the image and reads what compose gives it: one thing is refused."""
    said = refusals[name]
    assert said.returncode == 1
    assert "set " + name.partition("-")[0].upper() + "_DATABASE_URL with sslmode" in said.stderr
    assert said.stderr.count("[type=") == 1, said.stderr


@pytest.mark.slow
def test_without_a_command_the_gateway_runs(image: Image) -> None:
    """What the image does by itself asks for its settings."""
    said = image.run([*image.entrypoint, *image.cmd])
    assert said.returncode == 1
    assert "validation errors for GatewaySettings" in said.stderr


@pytest.mark.slow
def test_the_topics_job_looks_for_its_broker(image: Image, volumes: Path) -> None:
    """It has what it needs to ask; here nobody answers."""
    said = start(image, containers()["topics"], volumes, LOCALEX_KAFKA_SERVERS="127.0.0.1:1")
    assert said.returncode == 1
    assert "KafkaConnectionError" in said.stderr


@pytest.mark.slow
def test_a_service_of_the_image_becomes_ready(
    image: Image, volumes: Path, bare_database: ScratchDatabase
) -> None:
    """The image's job migrates a real database, and the probe finds a service well on it."""
    migrate, ledger = containers()["migrate"], containers()["ledger"]
    said = start(image, migrate, volumes, **{MIGRATOR: bare_database.url("migrator")})
    assert said.returncode == 0, said.stderr
    assert all(f"{service}: " in said.stdout for service in SERVICES)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = settings_of(
        ledger,
        volumes,
        LOCALEX_HTTP_HOST="127.0.0.1",
        LEDGER_HTTP_PORT=str(port),
        LEDGER_DATABASE_URL=bare_database.url("ledger"),
        LOCALEX_UNREADY_SECONDS="0",
    )
    probe = ledger.probe
    assert probe
    assert image.run(probe, settings).returncode == 1
    program, *words = words_of(image, ledger)
    process = subprocess.Popen(
        [image.program(program), *words], cwd=image.at("."), env=image.env | settings
    )
    try:
        until = time.monotonic() + 120
        while image.run(probe, settings).returncode and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("RUN rm -rf /app", "what this does is not known: 'rm -rf /app'"),
        ("RUN install -d x && useradd other", "what this does is not known: 'useradd other'"),
        ("RUN uv venv x; true", "what this does is not known"),
        ("RUN install -d /etc/x", "outside /app and /run/localex: /etc/x"),
        ("RUN install -d /app/../etc", "outside /app and /run/localex"),
        ("ADD libs libs", "what ADD does is not known"),
    ],
)
def test_a_step_that_is_not_known_is_not_run(tmp_path: Path, text: str, reason: str) -> None:
    """It could do anything to this machine: somebody looks first, and teaches it here."""
    with pytest.raises(ValueError, match=re.escape(reason)):
        carry_out(text, [], tmp_path)


def test_what_is_not_sent_cannot_be_copied(tmp_path: Path) -> None:
    """What the ignore file leaves out is missing, as it is in Docker."""
    with pytest.raises(FileNotFoundError, match="the build context has no docs"):
        carry_out("WORKDIR /app\nCOPY docs docs", context(), tmp_path)
