"""Who was turned away is written down, and nobody can flood the log with it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter

from chassis.health import Health
from chassis.http import create_app
from chassis.problems import Forbidden, Refused
from chassis.refusals import LINES_PER_SECOND, Lines
from libs.chassis.tests.log_lines import telling

router = APIRouter()


@router.get("/closed/{name}")
async def closed(name: str) -> None:
    """Open to nobody."""
    raise Forbidden("no") if name == "door" else Refused("too late")


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an app with that route."""
    app = create_app("probe", [router], body_max_bytes=1024)
    app.state.health = Health("probe", database=None, expected_migrations=set())  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as opened:
        yield opened


async def test_a_refusal_is_written_down(
    client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """By route, without what was in the path or the query; what is only a state is not told."""
    with telling(capsys) as lines:
        await client.get("/v1/closed/door?email=ana@example.org")
        await client.get("/v1/closed/late")
    (line,) = lines
    assert (line["event"], line["status"], line["method"]) == ("request.refused", 403, "GET")
    assert line["correlation_id"]
    assert "ana" not in str(line)


def test_a_flood_of_refusals_is_no_flood_of_lines() -> None:
    """So many in a second, and the next line says how many are missing."""
    lines = Lines()
    told = [lines.take(7.5) for _ in range(LINES_PER_SECOND + 3)]
    assert told == [0] * LINES_PER_SECOND + [None] * 3
    assert lines.take(8.0) == 3
    assert lines.take(8.1) == 0
