"""Each service, served on real servers, with a probe that asks it."""

import time
from collections.abc import Iterator
from functools import cache
from http.client import OK

import httpx2
import pytest

from tests.schemas import applications
from tests.schemas.probing import Probe
from tests.schemas.serving import serve
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase


@pytest.fixture(scope="module")
def ledger_probe(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Probe]:
    """The ledger."""
    folder, url = tmp_path_factory.mktemp("ledger"), scratch_database.url("ledger")
    with serve(lambda: applications.ledger_over(folder, url)) as address:
        yield Probe(address, lambda _: applications.token_for("ledger"))


@pytest.fixture(scope="module")
def marketplace_probe(
    scratch_database: ScratchDatabase, s3: Backend, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Probe]:
    """The marketplace."""
    folder, url = tmp_path_factory.mktemp("marketplace"), scratch_database.url("marketplace")
    with serve(lambda: applications.marketplace_over(folder, url, s3.settings)) as address:
        yield Probe(address, lambda _: applications.token_for("marketplace"))


@pytest.fixture(scope="module")
def search_probe(
    scratch_database: ScratchDatabase,
    opensearch: Backend,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Probe]:
    """The search service."""
    folder, url = tmp_path_factory.mktemp("search"), scratch_database.url("search")
    engine = opensearch.settings["LOCALEX_OPENSEARCH_URL"]
    with serve(lambda: applications.search_over(folder, url, engine)) as address:
        headers = {"Authorization": f"Bearer {applications.token_for('search')}"}
        for _ in range(300):
            if httpx2.get(f"{address}/v1/search", headers=headers).status_code == OK:
                break
            time.sleep(0.1)
        yield Probe(address, lambda _: applications.token_for("search"))


@pytest.fixture(scope="module")
def gateway_probe(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Probe]:
    """The gateway, with a session of its own for each route or sequence: some end one."""
    folder, url = tmp_path_factory.mktemp("gateway"), scratch_database.url("gateway")
    with serve(lambda: applications.gateway_over(folder, url)) as address:

        @cache
        def session_for(_whose: str) -> str:
            answer = httpx2.post(f"{address}/v1/sessions", json=applications.OPERATOR)
            token: str = answer.json()["token"]
            return token

        yield Probe(address, session_for)
