"""Carries out the faults of a plan, and writes down each one that really happened."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast, get_args

from embedded.torture.clocks import Clocks
from embedded.torture.disk import Disks
from embedded.torture.line import Trap
from embedded.torture.messages import Messages
from embedded.torture.plan import Fault, Plan
from embedded.torture.processes import Processes
from embedded.torture.proxy import Closing, Detour
from embedded.torture.recovery import Probes, Recovery

#: How long a trap waits for traffic that fits.
TRAP_SECONDS: Final = 6.0
#: How long a fault waits for the process that it is for: it may just be started again.
FIND_SECONDS: Final = 6.0
_DELAYS: Final = (0.01, 0.05, 0.2)
#: Bytes a second, of each direction of each connection.
_PACES: Final = (65_536, 262_144, 1_048_576)
_CLOSINGS: Final[tuple[Closing, ...]] = get_args(Closing.__value__)


@dataclass(slots=True)
class Happened:
    """A fault that was carried out: the plan's, what was hit, and when."""

    at_seconds: float
    kind: str
    target: str
    way: str
    detail: str = ""


@dataclass(slots=True)
class Means:
    """What faults are made with."""

    processes: Processes
    detours: Mapping[str, Detour]
    messages: Messages
    disks: Disks | None
    clocks: Clocks
    probes: Probes


@dataclass(slots=True)
class Nemesis:
    """The faults of one run."""

    plan: Plan
    means: Means
    happened: list[Happened] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    _began: float = 0.0
    _broken: int = 0
    _faults_so_far: int = 0

    async def run(self) -> None:
        """Carry out every fault at its time, then mend what is still broken."""
        self._began = time.monotonic()
        chance = random.Random(f"nemesis {self.plan.seed}")  # noqa: S311 - drawn again alike
        try:
            async with asyncio.TaskGroup() as group:
                for fault in self.plan.faults:
                    due = self._began + fault.at_seconds - time.monotonic()
                    if due > 0:
                        await asyncio.sleep(due)
                    group.create_task(self._carry_out(fault, chance))
        finally:
            self.mend()

    def mend(self) -> None:
        """Let everything go on: processes, connections, disks, clocks."""
        self.means.processes.go_on()
        for detour in self.means.detours.values():
            detour.mend()
        if self.means.disks:
            self.means.disks.free()
        self.means.clocks.mend()

    def log(self) -> list[dict[str, Any]]:
        """The fault log: what happened, in order."""
        return [asdict(one) for one in sorted(self.happened, key=lambda one: one.at_seconds)]

    def _note(self, fault: Fault, detail: str) -> None:
        at = round(time.monotonic() - self._began, 3)
        self.happened.append(Happened(at, fault.kind, fault.target, fault.way, detail))

    async def _carry_out(self, fault: Fault, chance: random.Random) -> None:
        match fault.kind:
            case "kill":
                await self._kill(fault)
            case "stop":
                await self._stop(fault)
            case "net":
                await self._cut(fault, chance)
            case "messages":
                done = await self.means.messages.disturb(fault.way, fault.seconds)
                if done:
                    self._note(fault, done)
            case "disk":
                await self._fill(fault)
            case "clock":
                self._move_clock(fault)

    @contextlib.contextmanager
    def _breaking(self) -> Any:
        self._broken += 1
        self._faults_so_far += 1
        try:
            yield
        finally:
            self._broken -= 1

    async def _kill(self, fault: Fault) -> None:
        pid = await self._hit(self.means.processes.kill, fault.target)
        if pid is None:
            return
        self._note(fault, f"process {pid}")
        with self._breaking():
            quiet, before = self._broken == 1, self._faults_so_far
            # Of a part that must be started again, an answer of the moment before tells nothing.
            await asyncio.sleep(0.01)
            seconds = await self.means.probes.until_served(fault.target)
            alone = quiet and self._faults_so_far == before
        if self.means.probes.knows(fault.target):
            self.recoveries.append(Recovery(fault.target, seconds, alone))

    async def _hit(self, act: Callable[[str], int | None], target: str) -> int | None:
        """Do something to a process as soon as it is there; nothing when it does not come."""
        until = time.monotonic() + FIND_SECONDS
        while (pid := act(target)) is None and time.monotonic() < until:  # noqa: ASYNC110 - nobody says that a process was started again
            await asyncio.sleep(0.1)
        return pid

    async def _stop(self, fault: Fault) -> None:
        pid = await self._hit(self.means.processes.stop, fault.target)
        if pid is None:
            return
        self._note(fault, f"process {pid} for {fault.seconds} s")
        with self._breaking():
            await asyncio.sleep(fault.seconds)
            self.means.processes.go_on(pid)

    async def _cut(self, fault: Fault, chance: random.Random) -> None:
        detour = self.means.detours.get(fault.target)
        if detour is None:
            return
        match fault.way:
            case "reset one":
                hit = detour.reset_one()
            case "reset all":
                hit = detour.reset()
            case "mute":
                hit = detour.mute_one(fault.seconds)
            case "mute new":
                hit = detour.mute_new(fault.seconds)
            case "delay":
                await self._delay(detour, chance.choice(_DELAYS), fault)
                return
            case "slow":
                await self._slow_down(detour, chance.choice(_PACES), fault)
                return
            case "partition":
                await self._part(detour, chance, fault)
                return
            case trap:
                hit = await self._trap(detour, cast("Trap", trap))
        if hit:
            self._note(fault, f"{hit} connections")

    async def _delay(self, detour: Detour, seconds: float, fault: Fault) -> None:
        self._note(fault, f"{len(detour.lines)} connections by {seconds} s for {fault.seconds} s")
        detour.pace.delay_seconds = seconds
        await asyncio.sleep(fault.seconds)
        detour.pace.delay_seconds = 0.0

    async def _slow_down(self, detour: Detour, rate: int, fault: Fault) -> None:
        told = f"{len(detour.lines)} connections at {rate} bytes/s for {fault.seconds} s"
        self._note(fault, told)
        detour.pace.bytes_per_second = rate
        await asyncio.sleep(fault.seconds)
        detour.pace.bytes_per_second = 0

    async def _part(self, detour: Detour, chance: random.Random, fault: Fault) -> None:
        """One service alone is kept from a part that the others have."""
        user, how = chance.choice(detour.users), chance.choice(_CLOSINGS)
        if user in detour.shut:
            return
        hit = detour.keep_out(user, how)
        self._note(fault, f"{user}: {how}, {hit} connections, for {fault.seconds} s")
        with self._breaking():
            await asyncio.sleep(fault.seconds)
            detour.let_in(user)

    async def _trap(self, detour: Detour, trap: Trap) -> int:
        """Set a trap and wait until it closes; returns whether it did."""
        detour.traps.append(trap)
        until = time.monotonic() + TRAP_SECONDS
        # One look in a while: the trap closes inside of a protocol, which waits for nobody.
        while trap in detour.traps and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        if trap in detour.traps:
            detour.traps.remove(trap)
            return 0
        return 1

    async def _fill(self, fault: Fault) -> None:
        disks = self.means.disks
        size = disks.fill(fault.target) if disks else None
        if disks is None or size is None:
            return
        self._note(fault, f"{size} bytes for {fault.seconds} s")
        with self._breaking():
            await asyncio.sleep(fault.seconds)
            disks.free(fault.target)

    def _move_clock(self, fault: Fault) -> None:
        clocks = self.means.clocks
        for service in [fault.target] if fault.target in clocks.paths else list(clocks.paths):
            clocks.move(service, int(fault.way))
        self._note(fault, f"{fault.way} s")
