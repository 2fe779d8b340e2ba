"""The one document of the whole API: true, whole, and without loose ends."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chassis.answers import Declared
from chassis.http import create_app
from gateway.docs.lifecycle import aggregate
from gateway.edge import OWN
from gateway.proxy.routes import BY_PREFIX
from tests.roles.routes import SERVICES

#: Routes of services that no client reaches: `localex` and operators ask them on the inside.
INSIDE = {"history-imports"}


@cache
def parts() -> dict[str, dict[str, Any]]:
    """Each service's own document."""
    return {
        service.name: create_app(service.name, service.routers, body_max_bytes=1).openapi()
        for service in SERVICES
    }


@cache
def whole() -> dict[str, Any]:
    """The document as the gateway would answer it."""
    own = parts()["gateway"]
    others = {name: document for name, document in parts().items() if name != "gateway"}
    return aggregate(own, others, Declared.of("gateway"))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object within a document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def prefix(path: str) -> str:
    """The part that says whose route it is."""
    return path.split("/")[2]


@pytest.mark.parametrize("name", ["ledger", "marketplace", "search"])
def test_every_route_of_a_service_is_in_the_document(name: str) -> None:
    """What the gateway forwards is documented, but for what nobody outside may know of."""
    missing = {
        f"{method} {path}"
        for method, path, _ in operations(parts()[name])
        if method not in whole()["paths"].get(path, {})
    }
    assert {prefix(route.split(" ")[1]) for route in missing} <= INSIDE, missing


def test_every_documented_route_exists() -> None:
    """Its first part is forwarded to the service that has the route, or is the gateway's own."""
    for method, path, operation in operations(whole()):
        owner = operation["operationId"].partition("_")[0]
        if owner == "gateway":
            assert prefix(path) in OWN, path
        else:
            assert BY_PREFIX[prefix(path)].service == owner, path
        assert method in parts()[owner]["paths"][path]


def test_every_forwarded_prefix_leads_somewhere() -> None:
    """No prefix is forwarded under which nothing is documented."""
    documented = {prefix(path) for path in whole()["paths"]}
    assert set(BY_PREFIX) - documented == set()


def test_names_are_unique_and_references_lead_somewhere() -> None:
    """A client can be generated from it."""
    names = [operation["operationId"] for _, _, operation in operations(whole())]
    assert len(names) == len(set(names))
    schemas = whole()["components"]["schemas"]
    for node in nodes(whole()):
        reference = node.get("$ref")
        if isinstance(reference, str):
            assert reference.rpartition("/")[2] in schemas, reference


def test_forwarded_routes_tell_what_the_gateway_adds() -> None:
    """Limits, a service that is away or too slow, an answer that is none."""
    for method, path, operation in operations(whole()):
        if not operation["operationId"].startswith("gateway_"):
            assert {"400", "429", "502", "503", "504"} <= set(operation["responses"]), (
                method,
                path,
            )


def test_examples_are_of_the_form_they_are_examples_of() -> None:
    """Each example in a schema is valid by it; each parameter's by the parameter's schema."""
    components = {"components": whole()["components"]}
    for node in nodes(whole()):
        schema = node.get("schema", node)
        found = [*node.get("examples", ())] if isinstance(node.get("examples"), list) else []
        found += [node["example"]] if "example" in node and "type" in schema else []
        for example in found:
            Draft202012Validator({**schema, **components}).validate(example)


def test_waiting_for_a_trade_is_documented() -> None:
    """`Prefer` and its 202 are on the moves of a trade, and nowhere else."""
    waits = {
        path
        for _, path, operation in operations(whole())
        if any(one.get("name") == "Prefer" for one in operation.get("parameters", ()))
    }
    assert "/v1/trades/{trade_id}/accept" in waits
    assert all(path.startswith("/v1/trades/{trade_id}/") for path in waits)
