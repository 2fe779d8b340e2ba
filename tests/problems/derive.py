"""Problems that each route can answer with, read from the code.

`python -m tests.problems.derive` writes `problems.json` of each service, from which its OpenAPI
document declares them.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from fastapi.routing import APIRoute

from chassis.problems import Problem, Unauthenticated
from chassis.service import Service
from gateway.edge import Edge
from gateway.proxy.errors import AmbiguousRequest
from gateway.proxy.forward import Forwarder
from gateway.rate_limits.charge import Charges
from tests.problems.reach import Reach
from tests.roles.routes import SERVICES


def _calls(dependant: Any) -> Iterator[Any]:
    yield dependant.call
    for needed in dependant.dependencies:
        yield from _calls(needed)


def edges(service: Service) -> dict[str, set[type[Problem]]]:
    """What the gateway's edge answers with before its own routes, and around those of services."""
    if service.name != "gateway":
        return {}
    met = (Edge._meet_browser, Edge._answer, AmbiguousRequest)
    own, forwarded = Reach(), Reach()
    own.follow((*met, Charges))
    forwarded.follow((*met, Charges, Forwarder))
    # A token that is none is refused by the route, if it asks who calls.
    return {"own": own.problems - {Unauthenticated}, "forwarded": forwarded.problems}


def document(service: Service) -> bytes:
    """The problems of a service: what each is, and which a route can answer with."""
    edge = edges(service)
    kinds = {one.slug(): [one.status, one.title] for group in edge.values() for one in group}
    routes: dict[str, list[str]] = {}
    for router in service.routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue
            reach = Reach()
            reach.follow(_calls(route.dependant))
            reach.problems |= edge.get("own", set())
            for method in sorted(route.methods or ()):
                routes[f"{method} /v1{route.path}"] = sorted(one.slug() for one in reach.problems)
            kinds |= {one.slug(): [one.status, one.title] for one in reach.problems}
    content: dict[str, Any] = {
        "problems": dict(sorted(kinds.items())),
        "routes": dict(sorted(routes.items())),
    }
    if edge:
        content["forwarded"] = sorted(one.slug() for one in edge["forwarded"])
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def path_of(service: Service) -> Path:
    """Where it is kept: beside the code, because the service reads it."""
    return Path(str(files(service.name))) / "problems.json"


if __name__ == "__main__":
    for each in SERVICES:
        path_of(each).write_bytes(document(each))
