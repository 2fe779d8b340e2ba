"""A service: its slices wired to app, broker, pool and relay, run in one or several roles."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import uvicorn
import uvloop
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, FastAPI, Request
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from chassis import context
from chassis.clock import Clock, open_clock
from chassis.database import Database, is_transient, open_database
from chassis.health import Health
from chassis.http import create_app
from chassis.logs import configure_logs, get_logger
from chassis.migrations import expected_versions
from chassis.relay import Relay
from chassis.settings import ServiceSettings
from chassis.subscribe import Consumer, Subscription, subscribe
from chassis.timers import TimerHandler, TimerWorker
from chassis.tokens import TokenVerifier
from chassis.tracing import configure_tracing

log = get_logger(__name__)

type Role = Literal["run", "serve", "consume", "relay", "work"]
ROLES: Final[tuple[Role, ...]] = ("run", "serve", "consume", "relay", "work")

ENSURE_PARTITIONS: Final = "SELECT ensure_message_partitions($1, 7)"
PARTITION_SECONDS: Final = 3600


@dataclass
class Resources:
    """What a process has open; routes and workers find it here."""

    settings: Any
    database: Database
    clock: Clock
    health: Health
    #: Set when the process begins to shut down: long answers such as SSE end themselves.
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    #: What the service itself opened, by name.
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """Something the work role does again and again, `every_seconds`; it must bear being repeated."""

    name: str
    every_seconds: float
    run: Callable[[Resources], Awaitable[None]]


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
        on_app: Last word on the app, such as mounting plain ASGI.
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
    on_app: Callable[[FastAPI, Resources], None] | None = None

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

    @asynccontextmanager
    async def open(self, settings: ServiceSettings) -> AsyncIterator[Resources]:
        """Open the pool and the service's own resources."""
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(open_database(settings))
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
        return [Consumer(subscription, resources.database) for subscription in found]

    def timer_worker(self, resources: Resources) -> TimerWorker:
        """The worker that fires this service's timers."""
        handlers = dict(self.timers)
        if self.make_timers:
            handlers |= self.make_timers(resources)
        return TimerWorker(resources.database, resources.clock, handlers)

    def main(self, arguments: Sequence[str]) -> None:
        """Run the role named on the command line until SIGTERM or SIGINT."""
        role = arguments[0] if arguments else "run"
        if role not in ROLES or len(arguments) > 1:
            raise SystemExit(f"usage: python -m {self.name} {'|'.join(ROLES)}")
        uvloop.run(_Process(self, role).run())


def get_resources(request: Request) -> Resources:
    """The process's resources, for a route."""
    resources: Resources = request.app.state.resources
    return resources


def get_database(request: Request) -> Database:
    """The process's database, for a route."""
    return get_resources(request).database


def get_now(request: Request) -> datetime:
    """The clock's time, for a route."""
    return get_resources(request).clock.now()


#: A route's parameters.
OpenResources = Annotated[Resources, Depends(get_resources)]
OpenDatabase = Annotated[Database, Depends(get_database)]
Now = Annotated[datetime, Depends(get_now)]


def kafka_broker(settings: ServiceSettings, *, consumer_only: bool) -> KafkaBroker:
    """A broker with the only settings under which nothing is lost."""
    return KafkaBroker(
        settings.kafka_servers.split(","),
        client_id=f"{settings.service}-{settings.instance}",
        acks="all",
        enable_idempotence=not consumer_only,
        linger_ms=0 if consumer_only else 2,
        max_batch_size=256 * 1024,
        request_timeout_ms=10_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
        allow_auto_create_topics=False,
        consumer_only=consumer_only,
        graceful_timeout=15,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        apply_types=False,
        logger=None,
    )


class _QuietServer(uvicorn.Server):
    """Uvicorn without its own signal handling: the process decides the order of shutdown."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


class _Process:
    """One process of a service, from start to the ordered end."""

    def __init__(self, service: Service, role: Role) -> None:
        self._service = service
        self._role = role
        self._stop = asyncio.Event()
        self._connected: dict[str, bool] = {}

    def _plays(self, role: Role) -> bool:
        return self._role in ("run", role)

    async def run(self) -> None:
        settings = self._service.settings()
        context.service.set(self._service.name)
        configure_logs(settings.log_level)
        tracing = configure_tracing(self._service.name, settings.otlp_endpoint)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        async with self._service.open(settings) as resources:
            await self._run_parts(resources, tracing)
        tracing.shutdown()
        log.info("service.stopped", role=self._role)

    async def _run_parts(self, resources: Resources, tracing: Any) -> None:
        """Start every part, wait for the signal, stop in order: HTTP, consumers, timers, relay."""
        # Health and metrics are served in every role; other routes only where the role serves.
        server = self._http_server(resources, tracing)
        serving = asyncio.create_task(server.serve())
        consuming = self._start_consumers(resources) if self._plays("consume") else None
        relay_broker = kafka_broker(resources.settings, consumer_only=False)
        relay = Relay(resources.database, relay_broker)
        relaying = asyncio.create_task(self._relay(relay, relay_broker)) if self._plays("relay") else None
        timers = self._service.timer_worker(resources)
        working = self._start_work(resources, timers) if self._plays("work") else []
        resources.health.state = "ready"
        log.info("service.ready", role=self._role, port=resources.settings.http_port)
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({stop, serving}, return_when=asyncio.FIRST_COMPLETED)
        resources.health.state = "draining"
        resources.draining.set()
        server.should_exit = True
        await serving
        if consuming:
            await _finish(consuming, resources.settings.drain_seconds + 10)
        timers.stop()
        for task in working:
            await _finish(task, 5, cancel=task.get_name() != "timers")
        relay.stop()
        if relaying:
            await _finish(relaying, 10, cancel=False)
        resources.health.state = "stopped"

    def _http_server(self, resources: Resources, tracing: Any) -> _QuietServer:
        settings = resources.settings
        service = self._service if self._plays("serve") else Service(
            self._service.name, self._service.settings, self._service.sql
        )
        config = uvicorn.Config(
            service.app(resources, tracing),
            host=settings.http_host,
            port=settings.http_port,
            http="httptools",
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=settings.drain_seconds,
            timeout_keep_alive=65,
            backlog=1024,
        )
        return _QuietServer(config)

    def _start_consumers(self, resources: Resources) -> asyncio.Task[None] | None:
        consumers = self._service.consumers(resources)
        if not consumers:
            return None
        self._connected["kafka_consumers"] = False
        resources.health.optional["kafka_consumers"] = lambda: self._connected["kafka_consumers"]
        return asyncio.create_task(self._consume(consumers, resources.settings))

    async def _consume(self, consumers: Sequence[Consumer], settings: ServiceSettings) -> None:
        broker = kafka_broker(settings, consumer_only=True)
        for consumer in consumers:
            subscribe(broker, consumer, settings.instance)
        if not await self._connect(broker, "kafka_consumers"):
            return
        await self._stop.wait()
        await broker.stop()

    async def _relay(self, relay: Relay, broker: KafkaBroker) -> None:
        if await self._connect(broker, "kafka_relay"):
            await relay.run()
            with contextlib.suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(broker.stop(), 5)

    async def _connect(self, broker: KafkaBroker, name: str) -> bool:
        """Start the broker, however long Kafka is away; False when stopped meanwhile."""
        pause = 0.2
        while not self._stop.is_set():
            try:
                await broker.start()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("kafka.away", part=name, error=repr(error), pause_seconds=pause)
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(broker.stop(), 5)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause)
                pause = min(pause * 2, 3.0)
            else:
                self._connected[name] = True
                return True
        return False

    def _start_work(self, resources: Resources, timers: TimerWorker) -> list[asyncio.Task[None]]:
        jobs = (Job("partitions", PARTITION_SECONDS, _make_partitions), *self._service.jobs)
        return [
            asyncio.create_task(timers.run(), name="timers"),
            *(asyncio.create_task(_repeat(job, resources), name=job.name) for job in jobs),
        ]


async def _make_partitions(resources: Resources) -> None:
    async with resources.database.transaction() as conn:
        await conn.fetchval(ENSURE_PARTITIONS, datetime.now(UTC).date())


async def _repeat(job: Job, resources: Resources) -> None:
    while True:
        try:
            await job.run(resources)
        except Exception as error:
            if is_transient(error):
                log.warning("job.paused", job=job.name, error=repr(error))
            else:
                log.exception("job.failed", job=job.name)
        await asyncio.sleep(job.every_seconds)


async def _finish(task: asyncio.Task[None], seconds: float, *, cancel: bool = False) -> None:
    """Wait for a part to end; past its time it is cancelled, so that shutdown has a limit."""
    if cancel:
        task.cancel()
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=2)
    if task.done() and not task.cancelled() and task.exception():
        log.error("part.failed", exc_info=task.exception())
