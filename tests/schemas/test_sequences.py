"""What one call made the next ones name: in sequences, over every service."""

from collections import Counter
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from schemathesis.core.failures import FailureGroup

from gateway.main import service as gateway
from ledger.main import service as ledger
from marketplace.main import service as marketplace
from search.main import service as search
from tests.schemas.probing import CONFIG, Probe, schema_of
from tests.schemas.sequences import follow
from tests.schemas.serving import serving


def test_the_ledger_keeps_its_word(ledger_probe: Probe) -> None:
    """What an answer told is so for the calls after it."""
    went_far(follow(schema_of(ledger), ledger_probe), 4)


def test_the_marketplace_keeps_its_word(marketplace_probe: Probe) -> None:
    """What an answer told is so for the calls after it."""
    went_far(follow(schema_of(marketplace), marketplace_probe), 4)


def test_the_search_keeps_its_word(search_probe: Probe) -> None:
    """What an answer told is so for the calls after it."""
    went_far(follow(schema_of(search), search_probe), 2)


def test_the_gateway_keeps_its_word(gateway_probe: Probe) -> None:
    """What an answer told is so for the calls after it."""
    asked = (
        schema_of(gateway)
        .exclude(path="/v1/events", method="GET")
        .exclude(path="/v1/me", method="DELETE")
    )
    went_far(follow(asked, gateway_probe), 8)


def went_far(done: Counter[str], operations: int) -> None:
    """Sequences that reach nothing find nothing: so many operations did what was asked of them."""
    assert len(done) >= operations, done


class Thing(BaseModel):
    """What was made."""

    id: int


def forgetful(*, keeps: bool, deletes: bool) -> FastAPI:
    """A service that may not keep what it made, or not delete what it deleted."""
    app, things = FastAPI(), dict[int, str]()

    @app.post("/things", status_code=201)
    async def make(name: str) -> Thing:
        number = len(things) + 1
        things[number if keeps else -number] = name
        return Thing(id=number)

    @app.get("/things/{thing_id}", responses={404: {}})
    async def read(thing_id: int) -> Thing:
        if thing_id not in things:
            raise HTTPException(404)
        return Thing(id=thing_id)

    @app.delete("/things/{thing_id}", responses={404: {}})
    async def delete(thing_id: int) -> Thing:
        if thing_id not in things:
            raise HTTPException(404)
        if deletes:
            things[thing_id * -1] = things.pop(thing_id)
        return Thing(id=thing_id)

    return app


@pytest.mark.parametrize(
    ("keeps", "deletes", "fault"),
    [(False, True, "Created resource not found"), (True, False, "Deleted resource still")],
)
def test_a_service_that_does_not_keep_its_word_is_found(
    keeps: bool, deletes: bool, fault: str
) -> None:
    """What was made is not there; what was deleted still is."""
    app = forgetful(keeps=keeps, deletes=deletes)
    config = schemathesis.Config.from_dict(CONFIG)
    schema: Any = schemathesis.openapi.from_dict(app.openapi(), config=config)
    with serving(app) as address, pytest.raises(FailureGroup) as caught:
        follow(schema, Probe(address, lambda _: "token"))
    assert fault in "; ".join(str(one) for one in caught.value.exceptions)


def test_a_service_that_keeps_its_word_passes() -> None:
    """It finds nothing where there is nothing."""
    app = forgetful(keeps=True, deletes=True)
    config = schemathesis.Config.from_dict(CONFIG)
    schema: Any = schemathesis.openapi.from_dict(app.openapi(), config=config)
    with serving(app) as address:
        went_far(follow(schema, Probe(address, lambda _: "token")), 2)
