"""Every route has an example: of what is sent, which the service takes, and of what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from chassis.examples import read_examples
from chassis.http import create_app
from chassis.service import Service
from gateway.main import service as gateway
from ledger.main import service as ledger
from marketplace.main import service as marketplace
from search.main import service as search

SERVICES = [gateway, ledger, marketplace, search]
JSON = "application/json"


def documented(service: Service) -> Iterator[tuple[str, dict[str, Any], APIRoute, dict[str, Any]]]:
    """Each operation with its route, and the schemas that it may refer to."""
    app = create_app(service.name, service.routers, body_max_bytes=1024 * 1024)
    document = app.openapi()
    for router in service.routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                path = document["paths"].get(f"/v1{route.path}", {})
                if operation := path.get(method.lower()):
                    yield f"{method} /v1{route.path}", operation, route, document["components"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_what_is_sent_has_an_example_that_is_taken(service: Service) -> None:
    """Also by rules between fields, which no schema has words for."""
    for label, operation, route, _ in documented(service):
        body = operation.get("requestBody", {}).get("content", {}).get(JSON)
        if body is not None and route.body_field is not None:
            assert "example" in body, label
            model: Any = route.body_field.field_info.annotation
            TypeAdapter(model).validate_python(body["example"])


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_what_is_answered_has_an_example_of_its_form(service: Service) -> None:
    """Every success with JSON."""
    for label, operation, _, components in documented(service):
        for status, answer in operation["responses"].items():
            told = answer.get("content", {}).get(JSON)
            if status.startswith("2") and told is not None:
                form = {**told["schema"], "components": components}
                faults = [
                    one.message for one in Draft202012Validator(form).iter_errors(told["example"])
                ]
                assert not faults, (label, status, faults)


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_no_example_is_of_a_route_that_is_gone(service: Service) -> None:
    """Each line of the file belongs to a route, and none is told twice."""
    labels = {label: operation for label, operation, _, _ in documented(service)}
    assert read_examples(service.name).keys() <= labels.keys()
