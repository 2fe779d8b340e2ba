"""One process of a service: its parts started, watched, and stopped in order."""

import asyncio
import dataclasses
import gc
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import uvicorn

from chassis import context, failpoints
from chassis.admission import look_at_backlog
from chassis.aftercare import Aftercare
from chassis.audit.keeper import AuditKeeper
from chassis.consumer import Consumer
from chassis.database import is_transient
from chassis.idempotency import forget_old_answers
from chassis.impatience import impatient_protocol
from chassis.listening import QuietServer
from chassis.logs import configure_logs, get_logger
from chassis.resources import Job, Resources
from chassis.retention import INBOX_DAYS, OUTBOX_DAYS, check_retention
from chassis.shutdown import Shutdown
from chassis.timers import TimerWorker
from chassis.tracing import configure_tracing
from chassis.watching import letters_job, loop_job

if TYPE_CHECKING:
    from chassis.messaging import Messaging
    from chassis.service import Service

log = get_logger(__name__)

type Role = Literal["run", "serve", "consume", "relay", "work"]
ROLES: Final[tuple[Role, ...]] = ("run", "serve", "consume", "relay", "work")

ENSURE_PARTITIONS: Final = "SELECT ensure_message_partitions($1, 7)"
DROP_PARTITIONS: Final = "SELECT drop_message_partitions($1, $2, $3)"
HOUR_SECONDS: Final = 3600
SEAL_SECONDS: Final = 1.0
SIGN_SECONDS: Final = 30.0
BACKLOG_SECONDS: Final = 2.0
#: How long each part may take to stop, in the order in which they do.
SERVER_SECONDS: Final = 1.0
CONSUMERS_SECONDS: Final = 15.0
WORK_SECONDS: Final = 5.0
RELAY_SECONDS: Final = 5.0
CANCEL_SECONDS: Final = 1.0


class Process:
    """One process of a service, from start to the ordered end."""

    def __init__(self, service: "Service", role: Role) -> None:
        self._service = service
        self._role = role
        self._shutdown = Shutdown()
        self._messaging: Messaging | None = None
        self._groups: list[str] = []

    def _plays(self, role: Role) -> bool:
        return self._role in ("run", role)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then stop in order."""
        settings = self._service.settings()
        context.service.set(self._service.name)
        configure_logs(settings.log_level)
        failpoints.arm(settings.failpoints, env=settings.env)
        tracing = configure_tracing(self._service.name, settings.otlp_endpoint)
        check_retention()
        self._shutdown.listen(settings.shutdown_seconds)
        async with self._service.open(settings) as resources:
            await self._run_parts(resources, tracing)
        tracing.shutdown()
        log.info("service.stopped", role=self._role)

    async def _run_parts(self, resources: Resources, tracing: Any) -> None:
        """Start every part, wait for the signal, stop in order: HTTP, consumers, work, relay."""
        # Health and metrics are served in every role; other routes only where the role serves.
        server = self._http_server(resources, tracing)
        serving = asyncio.create_task(server.serve(), name="http")
        loading = asyncio.create_task(self._load_messaging(resources))
        consuming = self._start_consumers(resources, loading) if self._plays("consume") else []
        relaying = self._start_relay(loading)
        timers = self._service.timer_worker(resources)
        working = self._start_work(resources, timers) if self._plays("work") else []
        for watch in self._watches():
            working.append(asyncio.create_task(_repeat(watch, resources), name=watch.name))
        settle_memory()
        resources.health.state = "ready"
        log.info("service.ready", role=self._role, port=resources.settings.http_port)
        asked = asyncio.create_task(self._shutdown.asked.wait())
        await asyncio.wait({asked, serving}, return_when=asyncio.FIRST_COMPLETED)
        await self._stop_serving(resources, server, serving)
        # What requests and other services have said until now is heard; then nothing more is.
        self._shutdown.stop_consuming.set()
        for task in consuming:
            await self._finish(task, CONSUMERS_SECONDS)
        timers.stop()
        for task in working:
            await self._finish(task, WORK_SECONDS, cancel=task.get_name() != "timers")
        self._shutdown.stop_relaying.set()
        if self._messaging:
            self._messaging.stop_relay()
        if relaying:
            await self._finish(relaying, RELAY_SECONDS)
        resources.health.state = "stopped"
        if not serving.cancelled():
            serving.result()

    async def _stop_serving(
        self, resources: Resources, server: QuietServer, serving: asyncio.Task[None]
    ) -> None:
        """Be no longer ready, and serve until that was noticed; then finish what is in progress."""
        settings = resources.settings
        resources.health.state = "draining"
        log.info("service.draining", role=self._role)
        if self._plays("serve"):
            unready = self._shutdown.left(settings.unready_seconds)
            await asyncio.wait({serving}, timeout=unready)
        resources.draining.set()
        server.should_exit = True
        await self._finish(serving, settings.drain_seconds + SERVER_SECONDS)

    async def _finish(
        self, task: asyncio.Task[None], seconds: float, *, cancel: bool = False
    ) -> None:
        """Wait for a part to end; past its time it is cancelled, so that shutdown has a limit."""
        if cancel:
            task.cancel()
        done, _ = await asyncio.wait({task}, timeout=self._shutdown.left(seconds))
        if not done:
            log.warning("part.cut_off", part=task.get_name())
            task.cancel()
            await asyncio.wait({task}, timeout=CANCEL_SECONDS)
        if task.done() and not task.cancelled() and task.exception():
            log.error("part.failed", exc_info=task.exception())
        log.debug("part.stopped", part=task.get_name())

    def _http_server(self, resources: Resources, tracing: Any) -> QuietServer:
        settings = resources.settings
        service = self._service
        if not self._plays("serve"):
            service = dataclasses.replace(service, routers=(), express=(), on_app=None, around=None)
        config = uvicorn.Config(
            service.asgi(resources, tracing),
            host=settings.http_host,
            port=settings.http_port,
            http=impatient_protocol(
                settings.head_seconds, settings.read_seconds, settings.read_bytes_min
            ),
            ssl_certfile=settings.http_tls_cert_file,
            ssl_keyfile=settings.http_tls_key_file,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=settings.drain_seconds,
            timeout_keep_alive=65,
            backlog=4096,
        )
        return QuietServer(config)

    async def _load_messaging(self, resources: Resources) -> "Messaging | None":
        """The Kafka half, loaded beside the first requests: none of them needs it."""
        if not (self._plays("consume") or self._plays("relay")):
            return None
        loaded = await asyncio.to_thread(_import_messaging)
        self._messaging = loaded(resources.settings, resources.database, self._shutdown)
        # What was loaded stays as well; see `settle_memory`.
        gc.freeze()
        return self._messaging

    def _start_consumers(
        self, resources: Resources, loading: "asyncio.Task[Messaging | None]"
    ) -> list[asyncio.Task[None]]:
        consumers = self._service.consumers(resources)
        if not consumers:
            return []
        self._groups = [consumer.group for consumer in consumers]
        health = resources.health
        health.optional["kafka_consumers"] = lambda: bool(
            self._messaging and self._messaging.assigned()
        )
        health.figures["consumer_lag"] = lambda: self._messaging.lag() if self._messaging else {}
        # Where nothing but consuming is done, being ready means to consume.
        health.needs_optional = self._role == "consume"
        return [
            asyncio.create_task(_consume(loading, consumers), name="consumers"),
            asyncio.create_task(self._care(consumers), name="aftercare"),
        ]

    def _watches(self) -> list[Job]:
        """What is looked at and told, whatever else the process does."""
        watches = [loop_job()]
        if self._plays("serve"):
            watches.append(Job("backlog", BACKLOG_SECONDS, look_at_backlog))
        if self._groups:
            watches.append(letters_job(self._groups))
        return watches

    async def _care(self, consumers: Sequence[Consumer]) -> None:
        care = Aftercare(consumers)
        caring = asyncio.create_task(care.run())
        await self._shutdown.stop_consuming.wait()
        care.stop()
        await self._finish(caring, WORK_SECONDS)

    def _start_relay(self, loading: "asyncio.Task[Messaging | None]") -> asyncio.Task[None] | None:
        if not self._plays("relay"):
            return None
        return asyncio.create_task(self._relay(loading), name="relay")

    async def _relay(self, loading: "asyncio.Task[Messaging | None]") -> None:
        if messaging := await asyncio.shield(loading):
            await messaging.relay()

    def _start_work(self, resources: Resources, timers: TimerWorker) -> list[asyncio.Task[None]]:
        keeper = AuditKeeper.open(self._service.name, resources.settings, resources.database)
        jobs = (
            *_audit_jobs(keeper),
            Job("partitions", HOUR_SECONDS, _make_partitions),
            Job("old_days", HOUR_SECONDS, _drop_partitions),
            Job("answers", HOUR_SECONDS, _forget_old_answers),
            *self._service.jobs,
        )
        return [
            asyncio.create_task(timers.run(), name="timers"),
            *(asyncio.create_task(_repeat(job, resources), name=job.name) for job in jobs),
        ]


async def _consume(
    loading: "asyncio.Task[Messaging | None]", consumers: Sequence[Consumer]
) -> None:
    if messaging := await asyncio.shield(loading):
        await messaging.consume(consumers)


def _import_messaging() -> "type[Messaging]":
    from chassis.messaging import Messaging

    return Messaging


def _audit_jobs(keeper: AuditKeeper) -> tuple[Job, ...]:
    async def months(_resources: Resources) -> None:
        await keeper.make_months()

    async def seal(_resources: Resources) -> None:
        await keeper.seal()

    async def sign(_resources: Resources) -> None:
        await keeper.sign()

    return (
        Job("audit_months", HOUR_SECONDS, months),
        Job("audit_seal", SEAL_SECONDS, seal),
        Job("audit_sign", SIGN_SECONDS, sign),
    )


def settle_memory() -> None:
    """What is there at the start stays: the collector need not look at it again and again.

    It was switched off while modules were loaded (see `__main__`), which makes nearly no garbage.
    Young garbage is looked for less often than by default: a request makes hundreds of objects,
    a batch of a thousand messages 20,000 and more, and nearly all of them go by their reference
    count. Looking through a batch while it is handled took a quarter of the consumer's time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


async def _make_partitions(resources: Resources) -> None:
    async with resources.database.transaction() as conn:
        await conn.fetchval(ENSURE_PARTITIONS, datetime.now(UTC).date())


async def _drop_partitions(resources: Resources) -> None:
    # By the machine's clock, as the ids of events are: a moved clock must not make us forget.
    today = datetime.now(UTC).date()
    async with resources.database.transaction() as conn:
        if dropped := await conn.fetchval(DROP_PARTITIONS, today, OUTBOX_DAYS, INBOX_DAYS):
            log.info("messages.days_dropped", count=dropped)


async def _forget_old_answers(resources: Resources) -> None:
    deleted = None
    while deleted != 0:
        async with resources.database.transaction() as conn:
            deleted = await forget_old_answers(conn, resources.clock.now())


async def _repeat(job: Job, resources: Resources) -> None:
    while True:
        try:
            await job.work(resources)
        except Exception as error:
            if is_transient(error):
                log.warning("job.paused", job=job.name, error=repr(error))
            else:
                log.exception("job.failed", job=job.name)
        await asyncio.sleep(job.every_seconds)
