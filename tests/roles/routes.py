"""Every route of every service and who may call it, read from the code.

`python -m tests.roles.routes` writes `docs/operations/routes.md`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastapi import APIRouter
from fastapi.routing import APIRoute

from chassis.access import ALL_ROLES
from gateway.main import service as gateway
from ledger.main import service as ledger
from marketplace.main import service as marketplace
from search.main import service as search

SERVICES: Final = (gateway, ledger, marketplace, search)
ANYONE: Final = "ANYONE"
TABLE: Final = Path(__file__).parents[2] / "docs" / "operations" / "routes.md"


class Guarded(NamedTuple):
    """A route, and what asks who calls it."""

    service: str
    method: str
    path: str
    #: Nothing says who may call it: nobody may.
    checks: tuple[Any, ...]

    @property
    def roles(self) -> frozenset[str]:
        """Who may call it: all of its checks must let somebody in."""
        if not self.checks:
            return frozenset()
        named = [frozenset(check.allowed_roles) for check in self.checks]
        everybody = frozenset(ALL_ROLES)
        return frozenset.intersection(
            *(everybody | {ANYONE} if ANYONE in one else one for one in named)
        )


def _checks(dependant: Any) -> Iterator[Any]:
    for needed in dependant.dependencies:
        if hasattr(needed.call, "allowed_roles"):
            yield needed.call
        yield from _checks(needed)


def routes_of(router: APIRouter) -> Iterator[APIRoute]:
    """Its routes; what is mounted is none."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route


def guarded() -> list[Guarded]:
    """All of them, in order of service and path."""
    found = [
        Guarded(
            service.name,
            method,
            f"/v1{route.path}",
            tuple(dict.fromkeys(_checks(route.dependant))),
        )
        for service in SERVICES
        for router in service.routers
        for route in routes_of(router)
        for method in sorted(route.methods or ())
    ]
    return sorted(found, key=lambda one: (one.service, one.path, one.method))


def table() -> str:
    """Role by route, as a page."""
    lines = [
        "# Who may call what",
        "",
        "Generated from the code by `python -m tests.roles.routes`; a test compares, and tries",
        "each role at each check. A route that names no role is open to nobody. That a thing is",
        "one's own is asked in SQL besides: who may call a route sees only what is theirs.",
        "",
        "| service | route | anyone | " + " | ".join(role.lower() for role in ALL_ROLES) + " |",
        "| --- | --- | --- |" + " --- |" * len(ALL_ROLES),
    ]
    for one in guarded():
        marks = " | ".join("x" if role in one.roles else "" for role in (ANYONE, *ALL_ROLES))
        lines.append(f"| {one.service} | `{one.method} {one.path}` | {marks} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
