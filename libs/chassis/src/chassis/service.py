"""A service: what its `main.py` declares, wired to app, broker, pool and relay."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from chassis.admission import Admission
from chassis.clock import open_clock
from chassis.consumer import Consumer
from chassis.database import EVERY_COMMUNITY, open_database
from chassis.deadlines import Deadlines
from chassis.express import Express, ExpressRoute
from chassis.health import Health
from chassis.http import create_app
from chassis.logs import get_logger
from chassis.migrations import expected_versions
from chassis.process import ROLES, Process
from chassis.resources import Job, Now, OpenDatabase, OpenResources, Resources
from chassis.seals import Seals
from chassis.settings import ServiceSettings
from chassis.standby import STAND_BY, wait_for_turn
from chassis.subscription import Subscription
from chassis.timers import TimerHandler, TimerWorker
from chassis.tokens import TokenVerifier

log = get_logger(__name__)

__all__ = ["Job", "Now", "OpenDatabase", "OpenResources", "Resources", "Service"]


@dataclass(frozen=True)
class Service:
    """What `main.py` declares: read it first.

    Attributes:
        name: Import root, schema, topic prefix, env prefix, all at once.
        settings: The settings class.
        sql: Folder of migrations and functions.
        routers: HTTP routes of the slices, put under `/v1`.
        subscriptions: What the slices hear.
        make_subscriptions: The same, for those that need open resources.
        timers: Timer kinds of the slices.
        jobs: Periodic work.
        resources: Opens what else the service needs, as entries of `Resources.extra`.
        by_community: Whether its tables keep communities apart: then a request sees the rows of
            its caller's community alone. Timers know a key and no community: they see every one.
        express: Routes that are answered without the framework as well.
        on_app: Last word on the app, such as adding a route outside `/v1`.
        around: Plain ASGI that stands before the app and sees every request first.
        is_told_deadlines: Whether who asks is believed how long they wait: the gateway is.
    """

    name: str
    settings: type[ServiceSettings]
    sql: Path
    routers: Sequence[APIRouter] = ()
    subscriptions: Sequence[Subscription] = ()
    make_subscriptions: Callable[[Resources], Sequence[Subscription]] | None = None
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    make_timers: Callable[[Resources], Mapping[str, TimerHandler]] | None = None
    jobs: Sequence[Job] = ()
    resources: Callable[[Resources], AbstractAsyncContextManager[dict[str, Any]]] | None = None
    by_community: bool = False
    express: Sequence[ExpressRoute] = ()
    on_app: Callable[[FastAPI, Resources], None] | None = None
    around: Callable[[FastAPI, Resources], ASGIApp] | None = None
    is_told_deadlines: bool = True

    def app(self, resources: Resources, tracing: Any = None) -> FastAPI:
        """The HTTP application over open resources."""
        settings = resources.settings
        app = create_app(
            self.name, self.routers, body_max_bytes=settings.body_max_bytes, tracing=tracing
        )
        app.state.resources = resources
        app.state.health = resources.health
        app.state.verifier = TokenVerifier(settings.internal_jwks_file, self.name)
        if self.on_app:
            self.on_app(app, resources)
        return app

    def asgi(self, resources: Resources, tracing: Any = None) -> ASGIApp:
        """What the HTTP server runs: the application, and what stands before it."""
        app = self.app(resources, tracing)
        inner: ASGIApp = app
        if self.around:
            inner = self.around(app, resources)
        elif self.express:
            inner = Express(app, self.express, resources, app.state.verifier)
        if self.is_told_deadlines:
            inner = Deadlines(inner)
        return Admission(inner, resources.health, resources.settings)

    @asynccontextmanager
    async def open(self, settings: ServiceSettings) -> AsyncIterator[Resources]:
        """Open the pool and the service's own resources."""
        async with AsyncExitStack() as stack:
            stack.callback(log.debug, "pool.closed")
            database = await stack.enter_async_context(
                open_database(settings, by_community=self.by_community)
            )
            health = Health(self.name, database, expected_versions(self.name, self.sql))
            clock = open_clock(settings.env, settings.clock_offset_file)
            resources = Resources(settings, database, clock, health)
            if self.resources:
                resources.extra |= await stack.enter_async_context(self.resources(resources))
            yield resources

    def consumers(self, resources: Resources) -> list[Consumer]:
        """A consumer for each subscription."""
        found = [*self.subscriptions]
        if self.make_subscriptions:
            found += self.make_subscriptions(resources)
        seals = Seals.read(resources.settings.message_keys_file)
        return [Consumer(subscription, resources.database, seals) for subscription in found]

    def timer_worker(self, resources: Resources) -> TimerWorker:
        """The worker that fires this service's timers."""
        handlers = dict(self.timers)
        if self.make_timers:
            handlers |= self.make_timers(resources)
        database = resources.database.reaching(EVERY_COMMUNITY)
        return TimerWorker(database, resources.clock, handlers)

    def main(self, arguments: Sequence[str]) -> None:
        """Run the role named on the command line until SIGTERM or SIGINT."""
        role, *more = arguments or ["run"]
        if role not in ROLES or more not in ([], [STAND_BY]):
            raise SystemExit(f"usage: python -m {self.name} {'|'.join(ROLES)} [{STAND_BY}]")
        if more:
            wait_for_turn()
        uvloop.run(Process(self, role).run())
