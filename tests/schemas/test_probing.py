"""The probe finds what it is there for: each check is seen to fail."""

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi import FastAPI, Response
from schemathesis.core.failures import FailureGroup

from tests.schemas.probing import CONFIG, Probe
from tests.schemas.serving import serving


def faulty() -> FastAPI:
    """A service with one fault a route."""
    app = FastAPI()

    @app.get("/undeclared")
    async def undeclared() -> Response:
        return Response("{}", 418, media_type="application/json")

    @app.get("/defect")
    async def defect() -> Response:
        return Response("{}", 500, media_type="application/json")

    @app.get("/form")
    async def form() -> dict[str, int]:
        return Response('{"a": "x"}', media_type="application/json")  # type: ignore[return-value]

    @app.get("/well")
    async def well() -> dict[str, int]:
        return {"a": 1}

    return app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where it is."""
    with serving(faulty()) as at:
        yield at


def probe(address: str, path: str) -> None:
    """One call of a route."""
    config = schemathesis.Config.from_dict(CONFIG)
    schema = schemathesis.openapi.from_dict(faulty().openapi(), config=config)
    Probe(address, lambda _: "token")(schema[path]["GET"].Case())


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/undeclared", "Undocumented"),
        ("/defect", "Server error"),
        ("/form", "violates schema"),
    ],
)
def test_a_fault_is_found(address: str, path: str, fault: str) -> None:
    """A status, a defect or a form that no document declares."""
    with pytest.raises(FailureGroup) as caught:
        probe(address, path)
    assert fault in "; ".join(str(one) for one in caught.value.exceptions)


def test_a_route_that_is_well_passes(address: str) -> None:
    """It finds nothing where there is nothing."""
    probe(address, "/well")
