"""Fixtures that give every test the real servers, and the kinds of tests.

The root `conftest.py` loads this, so that the services' own tests have them too.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.problems import answered
from tests.stack.backend import Backend
from tests.stack.database import PostgresServer, ScratchDatabase
from tests.stack.routes import routes_read_once

type Starter = Callable[[tuple[str, ...] | None], Backend]

DATABASE_FIXTURES: Final = frozenset({"postgres", "scratch_database", "bare_database"})
STACK_FIXTURES: Final = frozenset({"kafka", "opensearch", "valkey", "s3", "system"})
FIRST_START_SECONDS: Final = 600
KINDS: Final = ("unit", "db", "stack")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of how the real servers run."""
    parser.addoption(
        "--stack",
        choices=("embedded", "containers"),
        default="embedded",
        help="how the real servers run: from the embedded stack, or as Docker containers",
    )


def kind_of(fixtures: frozenset[str]) -> str:
    """The kind of a test, by the fixtures it asks for, directly or not."""
    if fixtures & STACK_FIXTURES:
        return "stack"
    return "db" if fixtures & DATABASE_FIXTURES else "unit"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with its kind, and give time for a first start that downloads."""
    for item in items:
        kind = kind_of(frozenset(getattr(item, "fixturenames", ())))
        # A test that starts servers of its own says so itself.
        if not any(mark.name in KINDS for mark in item.iter_markers()):
            item.add_marker(kind)
        if kind != "unit" and not any(item.iter_markers("timeout")):
            item.add_marker(pytest.mark.timeout(FIRST_START_SECONDS, func_only=False))
    items.sort(key=lambda item: KINDS.index(_kind_mark(item)))
    if hasattr(config, "workerinput"):
        # Several processes take whole files: the long ones first, so that none is left with one.
        kinds = {item.path: KINDS.index(_kind_mark(item)) for item in items}
        items.sort(key=lambda item: -kinds[item.path])


def _kind_mark(item: pytest.Item) -> str:
    return next(mark.name for mark in item.iter_markers() if mark.name in KINDS)


def on_docker(request: pytest.FixtureRequest) -> bool:
    """Whether this run wants containers."""
    return bool(request.config.getoption("--stack") == "containers")


# Each way is imported when it is wanted: most runs of a few unit tests want neither.


def container_starter(folders: pytest.TempPathFactory) -> Starter:
    """Starts containers; skips, with the reason, where no daemon answers."""
    from tests.stack.on_containers import ContainerBackend, daemon_fault

    if fault := daemon_fault():
        pytest.skip(fault)
    return lambda parts: ContainerBackend(folders.mktemp("containers"), parts)


def embedded_starter() -> Starter:
    """Starts embedded stacks, each in a data folder of its own."""
    from tests.stack.on_embedded import EmbeddedBackend

    return EmbeddedBackend


@pytest.fixture(scope="session")
def start_backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Starter]:
    """Starts engines, or the whole system when none is named; all are stopped at the end."""
    running: list[Backend] = []
    make = container_starter(tmp_path_factory) if on_docker(request) else embedded_starter()

    def start(parts: tuple[str, ...] | None) -> Backend:
        running.append(make(parts))
        return running[-1]

    yield start
    for backend in reversed(running):
        backend.close()


@pytest.fixture(scope="session")
async def postgres(start_backend: Starter) -> PostgresServer:
    """The real Postgres, with a migrated template to copy databases from."""
    backend = start_backend(("postgres",))
    server = PostgresServer(backend.admin_url, backend.settings)
    await server.make_template()
    return server


@pytest.fixture(scope="module")
async def scratch_database(postgres: PostgresServer) -> AsyncIterator[ScratchDatabase]:
    """A migrated database for the tests of one module."""
    async with postgres.scratch() as scratch:
        yield scratch


@pytest.fixture
async def bare_database(postgres: PostgresServer) -> AsyncIterator[ScratchDatabase]:
    """A database with roles and schemas, in which no migration has run."""
    async with postgres.scratch(template="localex_db") as scratch:
        yield scratch


@pytest.fixture(scope="session")
def kafka(start_backend: Starter) -> Backend:
    """The real Kafka, with the topics that the contracts list; it can be stopped and started."""
    return start_backend(("kafka",))


@pytest.fixture(scope="session")
def opensearch(start_backend: Starter) -> Backend:
    """The real OpenSearch."""
    return start_backend(("opensearch",))


@pytest.fixture(scope="session")
def valkey(start_backend: Starter) -> Backend:
    """The real Valkey, with a user for each service."""
    return start_backend(("valkey",))


@pytest.fixture(scope="session")
def s3(start_backend: Starter) -> Backend:
    """The real S3 server, with the bucket in the settings."""
    return start_backend(("s3",))


@dataclass(frozen=True, slots=True)
class System:
    """Everything, as its users meet it.

    Attributes:
        gateway: Where clients go.
        operator: E-mail and password of the first operator.
        backend: To stop, start and kill parts.
    """

    gateway: str
    operator: tuple[str, str]
    backend: Backend

    @property
    def settings(self) -> dict[str, str]:
        """The settings of all services."""
        return self.backend.settings


def system_of(backend: Backend) -> System:
    """A whole system, as its users meet it."""
    settings = backend.settings
    return System(
        gateway=f"http://127.0.0.1:{settings['GATEWAY_HTTP_PORT']}",
        operator=(
            settings["GATEWAY_BOOTSTRAP_OPERATOR_EMAIL"],
            settings["GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD"],
        ),
        backend=backend,
    )


@pytest.fixture(scope="session")
def system(start_backend: Starter) -> System:
    """All engines and the four services, through the gateway."""
    return system_of(start_backend(None))


@pytest.fixture
def supervised(system: System, request: pytest.FixtureRequest) -> Path:
    """The data folder of the system, for commands that ask the supervisor there."""
    if on_docker(request):
        pytest.skip("containers have no supervisor that `localex` could ask")
    return Path(system.settings["LOCALEX_INTERNAL_JWKS_FILE"]).parents[1]


@pytest.fixture
def move_clock(system: System) -> Iterator[Callable[[timedelta], None]]:
    """Moves every service's clock; it is set back afterwards."""
    path = Path(system.settings["LOCALEX_CLOCK_OFFSET_FILE"])

    def move(by: timedelta) -> None:
        path.write_text(str(int(by.total_seconds())))

    yield move
    move(timedelta())


@pytest.fixture(scope="session", autouse=True)
def services_are_watched() -> Iterator[None]:
    """Every application of a service in this process is compared with its OpenAPI document."""
    with routes_read_once(), answered.watch_services():
        yield


@pytest.fixture(autouse=True)
def answers_are_declared() -> Iterator[None]:
    """A test fails in which a route answered with what its document does not declare."""
    answered.found.clear()
    yield
    undeclared = list(dict.fromkeys(answered.found))
    answered.found.clear()
    if undeclared:
        pytest.fail("no document declares this answer:\n" + "\n".join(undeclared[:20]))
