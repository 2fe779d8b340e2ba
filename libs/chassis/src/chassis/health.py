"""Health that tells the truth: the state, the database and its migrations, what is away."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson
from asyncpg import UndefinedTableError
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chassis.answers import PROBLEM_TYPE
from chassis.database import Database, is_transient

type State = Literal["starting", "ready", "draining", "stopped"]

SELECT_MIGRATIONS: Final = "SELECT component, version FROM migrations"
#: Missing migrations that are told by name.
NAMED_MAX: Final = 5

router = APIRouter(include_in_schema=False)


@dataclass
class Health:
    """One process's health, told by three routes.

    Live: the event loop turns. Startup: it has been ready once. Ready: it is, at the moment.
    """

    service: str
    database: Database
    expected_migrations: set[tuple[str, int]]
    state: State = "starting"
    started_at: float = field(default_factory=time.time)
    #: Whether it has been ready once: from then on it has started, whatever happens.
    started: bool = False
    #: How long the oldest event has waited to be sent, when last looked at.
    outbox_oldest_seconds: float = 0.0
    #: Parts that may be away while the service goes on, such as Kafka: name -> is it well?
    optional: dict[str, Callable[[], bool]] = field(default_factory=dict)
    #: Figures told beside the checks, such as lag by consumer group.
    figures: dict[str, Callable[[], Any]] = field(default_factory=dict)
    #: Whether this process is of no use while an optional part is away.
    needs_optional: bool = False

    async def checks(self) -> dict[str, Any]:
        """What is well and what is not, by name."""
        found: dict[str, Any] = {
            name: "ok" if well() else "away" for name, well in self.optional.items()
        }
        try:
            async with self.database.connection() as conn:
                rows = await conn.fetch(SELECT_MIGRATIONS)
        except UndefinedTableError:
            rows = []
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            if not is_transient(error):
                found["migrations"] = f"unknown: {type(error).__name__}"
            found["database"] = "away" if is_transient(error) else "ok"
            return found
        found["database"] = "ok"
        found["migrations"] = self._missing({(row["component"], row["version"]) for row in rows})
        return found

    def _missing(self, applied: set[tuple[str, int]]) -> str:
        names = [f"{name} {version:04}" for name, version in self.expected_migrations - applied]
        more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
        return f"missing: {', '.join(sorted(names)[:NAMED_MAX])}{more}" if names else "ok"

    def needed(self) -> tuple[str, ...]:
        """Names of the checks without which this process is of no use."""
        return ("database", "migrations", *(self.optional if self.needs_optional else ()))

    async def look(self) -> tuple[bool, dict[str, Any]]:
        """Whether it is ready, and the checks; once it was, it has started."""
        checks = await self.checks()
        well = self.state == "ready" and all(checks.get(name) == "ok" for name in self.needed())
        self.started = self.started or well
        return well, checks

    def identity(self) -> dict[str, Any]:
        """Which process is answering."""
        return {
            "service": self.service,
            "pid": os.getpid(),
            "state": self.state,
            "uptime_seconds": round(time.time() - self.started_at, 1),
        }


@router.get("/health/startup")
async def startup(request: Request) -> Response:
    """Whether it has begun: 200 from the first time it was ready, a problem before."""
    health: Health = request.app.state.health
    checks: dict[str, Any] = {}
    if not health.started:
        _, checks = await health.look()
    if health.started:
        return Response(orjson.dumps(health.identity()), media_type="application/json")
    waits = "; ".join(
        f"{name}: {checks[name]}" for name in health.needed() if checks.get(name, "ok") != "ok"
    )
    document = {
        "type": "urn:localex:problem:starting",
        "title": "Still starting",
        "status": 503,
        "detail": waits or f"it is {health.state}",
        **health.identity(),
        "checks": checks,
    }
    return Response(orjson.dumps(document), 503, {"Retry-After": "1"}, media_type=PROBLEM_TYPE)


@router.get("/health/live")
async def live(request: Request) -> dict[str, Any]:
    """The process runs and its event loop turns."""
    health: Health = request.app.state.health
    return health.identity()


@router.get("/health/ready")
async def ready(request: Request, response: Response) -> dict[str, Any]:
    """Whether to send requests here: 200, or 503 with the reason."""
    health: Health = request.app.state.health
    well, checks = await health.look()
    response.status_code = 200 if well else 503
    figures = {name: tell() for name, tell in health.figures.items()}
    return {**health.identity(), "ready": well, "checks": checks, **figures}


@router.get("/metrics")
async def metrics() -> Response:
    """Prometheus metrics."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
