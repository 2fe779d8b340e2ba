"""One run: start, settle in, load and break, come to rest, examine, stop."""

import asyncio
import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from chassis.seals import Seals
from embedded.launching import StartFailed
from embedded.places import Places
from embedded.stack import Stack
from embedded.torture.client import Clients
from embedded.torture.clocks import Clocks
from embedded.torture.complaints import read_complaints
from embedded.torture.detours import make_detours, ports_told
from embedded.torture.disk import Disks, NoDisks, enter_namespace
from embedded.torture.dropping import Dropping
from embedded.torture.examine import Evidence, examine
from embedded.torture.holding import SELECT_COUNTS, Holding
from embedded.torture.load import Load
from embedded.torture.messages import Messages
from embedded.torture.nemesis import Means, Nemesis
from embedded.torture.oracles.caches import caches_agree
from embedded.torture.oracles.delivery import subscriptions
from embedded.torture.oracles.findings import Violation
from embedded.torture.plan import ENGINES, QUIET_SECONDS, SERVICES, Plan
from embedded.torture.processes import Processes
from embedded.torture.proxy import Detour
from embedded.torture.recovery import Probes, make_probe_topic, summarise
from embedded.torture.report import Report
from embedded.torture.rest import come_to_rest, hold_still, settle_unknown
from embedded.torture.world import Inhabited, settle_in

REST_SECONDS: Final = 120.0
_READY_AGAIN_SECONDS: Final = 90.0
_COUNT_EVERY_SECONDS: Final = 2.0
_ON_DISKS: Final = ("postgres", "kafka", "opensearch")

type Tell = Callable[[str], None]


@dataclass(slots=True)
class Ground:
    """Where a run takes place."""

    stack: Stack
    places: Places
    detours: Mapping[str, Detour]
    disks: Disks | None
    clocks: Clocks
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def kafka(self) -> str:
        """Kafka's own address."""
        return self.stack.urls["kafka"].removeprefix("kafka://")


def prepare_disks(plan: Plan, report: Report) -> bool:
    """Leave the mounts that others see, if the plan fills disks; before any thread is started."""
    if not any(fault.kind == "disk" for fault in plan.faults):
        return False
    try:
        enter_namespace()
    except NoDisks as error:
        report.left_out["disk"] = str(error)
        return False
    return True


async def torture(
    plan: Plan,
    report: Report,
    *,
    data: Path | None = None,
    disks: bool = False,
    tell: Tell = lambda _line: None,
    then: Callable[[Evidence], Awaitable[None]] | None = None,
) -> Report:
    """Carry out a plan on a stack of its own, which is gone afterwards.

    Args:
        plan: What will be done.
        report: Filled in.
        data: Data folder; a temporary one when not given.
        disks: Whether `prepare_disks` was successful.
        tell: Told how far the run is.
        then: Sees what the oracles saw, while the stack still runs.
    """
    tell("starting")
    async with _ground(plan, data, disks=disks) as ground:
        gateway = f"http://127.0.0.1:{ground.stack.settings['GATEWAY_HTTP_PORT']}"
        await make_probe_topic(ground.kafka)
        async with Clients(gateway) as clients:
            tell(f"settling in: {plan.world.people} people")
            settings = ground.stack.settings
            inhabited = await settle_in(
                settings["GATEWAY_DATABASE_URL"],
                ground.stack.superuser_url,
                clients,
                plan.world.people,
                plan.world.skew,
            )
            await _rage(plan, report, ground, clients, inhabited, tell)
            evidence = await _look(report, ground, clients, inhabited, tell)
            if then is not None:
                await then(evidence)
    return report


async def _rage(
    plan: Plan,
    report: Report,
    ground: Ground,
    clients: Clients,
    inhabited: Inhabited,
    tell: Tell,
) -> None:
    """Load and break until the plan's time is up."""
    goal = f", until {plan.transfers_min:,} transfers" if plan.transfers_min else ""
    tell(f"loading for {plan.seconds:.0f} s{goal}, {len(plan.faults)} faults planned")
    chance = random.Random(f"means {plan.seed}")  # noqa: S311 - drawn again alike
    holding = Holding(ground.stack.superuser_url)
    await holding.prepare()
    dropping = Dropping(ground.places, ground.stack.superuser_url, ground.kafka, holding)
    others = {"held back": holding.hold, "dropped and replayed": dropping.drop}
    means = Means(
        Processes(ground.places, chance),
        ground.detours,
        Messages(ground.kafka, chance, Seals.read(ground.places.message_keys_file), others),
        ground.disks,
        ground.clocks,
        Probes(clients, inhabited, ground.kafka),
    )
    nemesis = Nemesis(plan, means)
    load = Load(clients, inhabited, plan.world, plan.seed, lambda: holding.at_work)
    began = time.monotonic()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            breaking = group.create_task(nemesis.run())
            await asyncio.sleep(plan.seconds)
            if plan.transfers_min:
                await _reach(plan, ground)
                breaking.cancel()
                await asyncio.sleep(QUIET_SECONDS)
            load.stop()
    finally:
        nemesis.mend()
        load.stop()
        report.faults = nemesis.log()
    report.seconds["load"] = round(time.monotonic() - began, 1)
    report.recovery = summarise(nemesis.recoveries)
    report.poison = means.messages.poison
    tell("saying what was held back, and again what was dropped")
    await dropping.settle()
    await holding.release()
    report.dropped = dropping.dropped


async def _reach(plan: Plan, ground: Ground) -> None:
    """Wait until the books hold the transfers that are wanted, or the faults have run out."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(plan.longest_seconds - plan.seconds):
            while await _transfers(ground.stack.superuser_url) < plan.transfers_min:  # noqa: ASYNC110 - the books tell nobody
                await asyncio.sleep(_COUNT_EVERY_SECONDS)


async def _transfers(superuser_url: str) -> int:
    """How many are in the books; none when the database is away just now."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        conn = await asyncpg.connect(superuser_url, timeout=5)
        try:
            return int(await conn.fetchval("SELECT count(*) FROM ledger.transfer", timeout=5))
        finally:
            await conn.close(timeout=5)
    return 0


async def _look(
    report: Report,
    ground: Ground,
    clients: Clients,
    inhabited: Inhabited,
    tell: Tell,
) -> Evidence:
    """Let everything come to rest, and examine it."""
    tell("coming to rest")
    began = time.monotonic()
    found: list[Violation] = []
    try:
        await asyncio.to_thread(ground.stack.wait_until_ready, _READY_AGAIN_SECONDS)
    except StartFailed as error:
        found.append(Violation("rest", "the stack", f"did not come back: {error}"))
    unknown = await settle_unknown(clients, inhabited)
    tell(f"{unknown} operations were settled by asking again")
    heard = subscriptions()
    conn = await asyncpg.connect(ground.stack.superuser_url)
    try:
        # Who is asked must still be there: nothing is stopped yet.
        await come_to_rest(conn, ground.kafka, heard, REST_SECONDS, tell)
        found += await caches_agree(clients, inhabited)
        waiting = await hold_still(ground.stack, conn, heard, REST_SECONDS, tell)
        report.seconds["rest"] = round(time.monotonic() - began, 1)
        tell("examining")
        began = time.monotonic()
        evidence = Evidence(
            ground.stack.superuser_url,
            ground.stack.settings["LEDGER_DATABASE_URL"],
            ground.kafka,
            ground.stack.urls["opensearch"],
            ground.places.audit_key_file,
            clients.history,
            ground.clocks,
            report.dropped,
            report.poison,
            heard,
        )
        found += [Violation("rest", name, f"{count} still wait") for name, count in waiting.items()]
        found += await examine(evidence)
        report.violations = found
        report.ledger = await evidence.count(conn)
        report.delivery = dict(await conn.fetchrow(SELECT_COUNTS))
        report.delivery["dropped and replayed"] = sum(map(len, report.dropped.values()))
        report.seconds["examination"] = round(time.monotonic() - began, 1)
    finally:
        await conn.close()
    report.operations = clients.history.counts()
    report.looks = len(clients.history.looks)
    report.sessions_ended = len(clients.history.ended)
    report.statuses = clients.statuses
    report.complaints = read_complaints(ground.places.logs)
    return evidence


@contextlib.asynccontextmanager
async def _ground(plan: Plan, data: Path | None, *, disks: bool) -> AsyncIterator[Ground]:
    """A stack with detours before its parts, which is stopped however the run ends."""
    folder = data or Path(tempfile.mkdtemp(prefix="localex-torture-"))
    folder.mkdir(parents=True, exist_ok=True)
    places = Places.of(folder)
    chance = random.Random(f"detours {plan.seed}")  # noqa: S311 - drawn again alike
    detours = make_detours(places, chance)
    filled = Disks(folder) if disks else None
    stack: Stack | None = None
    try:
        for detour in detours.values():
            await detour.open()
        if filled:
            # The folder is passed through by the servers' user, whoever made it.
            folder.chmod(0o711)
            filled.mount(_ON_DISKS)
        clocks = Clocks({service: folder / f"clock-{service}" for service in SERVICES})
        environment = {
            f"{service.upper()}_CLOCK_OFFSET_FILE": str(path)
            for service, path in clocks.paths.items()
        }
        # What is too much for a session would never come to the ledger, which is to refuse it.
        environment["LOCALEX_STEP_UP_ABOVE"] = ""
        stack = await asyncio.to_thread(_start, folder, ports_told(detours), environment)
        yield Ground(stack, places, detours, filled, clocks)
    finally:
        if filled:
            filled.free()
        if stack is not None:
            Processes(places, chance).let_all_go_on((*SERVICES, *ENGINES))
            await asyncio.shield(asyncio.to_thread(stack.close))
        if filled:
            await asyncio.to_thread(filled.unmount, keep=data is not None)
        for detour in detours.values():
            detour.close()
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, detours: Mapping[str, int], environment: Mapping[str, str]) -> Stack:
    return Stack.start(folder, detours=detours, environment=environment)


def replay_command(
    plan: Plan, kinds: Sequence[str], people: int | None = None, skew: float | None = None
) -> str:
    """The command that draws the same run again; `people` and `skew` if they were given."""
    asked = {"transfers": plan.transfers_min or None, "people": people, "skew": skew}
    return (
        f"localex torture --seed {plan.seed} --minutes {plan.seconds / 60:g} "
        f"--faults {','.join(kinds) or 'none'}"
        + "".join(f" --{name} {value}" for name, value in asked.items() if value is not None)
    )
