"""How long a part is away when it is killed: to the first success, under light load."""

import asyncio
import random
import time
from pathlib import Path
from typing import Final

from embedded.benching.figures import Figure, quantile
from embedded.places import Places
from embedded.stack import Stack
from embedded.torture.client import Clients
from embedded.torture.load import Load
from embedded.torture.plan import BACKEND, World
from embedded.torture.processes import Processes
from embedded.torture.recovery import Probes, make_probe_topic
from embedded.torture.world import settle_in

PEOPLE: Final = 20
#: Limits by part, in seconds, for the median.
LIMITS: Final = {
    "gateway": 2.0,
    "ledger": 2.0,
    "marketplace": 2.0,
    "search": 2.0,
    "postgres": 5.0,
    BACKEND: 5.0,
    "kafka": 5.0,
}
#: Longer than the supervisor remembers a crash: each kill is the first.
_BETWEEN_SECONDS: Final = 11.0
_GONE_SECONDS: Final = 2.0
_LIGHT: Final = {"transfer": 10, "reservation": 2, "trade": 2, "read": 6}


async def measure_recovery(stack: Stack, *, times: int) -> list[Figure]:
    """Kill each part several times while a few clients work, one part after the other.

    Args:
        stack: The whole system, with nobody else on it.
        times: Kills of each part.

    Raises:
        TimeoutError: A part did not come back.
    """
    processes = Processes(Places.of(stack.data_dir), random.Random(1))  # noqa: S311 - a choice, no secret
    async with Clients(f"http://127.0.0.1:{stack.settings['GATEWAY_HTTP_PORT']}") as clients:
        inhabited = await settle_in(
            stack.settings["GATEWAY_DATABASE_URL"], stack.superuser_url, clients, PEOPLE, 0.0
        )
        kafka = stack.urls["kafka"].removeprefix("kafka://")
        await make_probe_topic(kafka)
        probes = Probes(clients, inhabited, kafka)
        load = Load(clients, inhabited, World(PEOPLE, 0.0, 1, 2, 0, _LIGHT), 1)
        working = asyncio.create_task(load.run())
        taken: dict[str, list[float]] = {part: [] for part in LIMITS}
        try:
            for _ in range(times):
                for part, seconds in taken.items():
                    seconds.append(await _kill(processes, probes, part))
                    await asyncio.to_thread(stack.wait_until_ready, 60)
                    await asyncio.sleep(_BETWEEN_SECONDS / len(LIMITS))
        finally:
            load.stop()
            await working
    return [
        figure
        for part, seconds in taken.items()
        for figure in (
            Figure(f"{part} back, median", round(quantile(seconds, 0.5), 2), "s", LIMITS[part]),
            Figure(f"{part} back, longest", round(max(seconds), 2), "s"),
        )
    ]


async def _kill(processes: Processes, probes: Probes, part: str) -> float:
    pid = processes.kill(part)
    if pid is None:
        raise RuntimeError(f"{part} does not run")
    killed = time.monotonic()
    # A process that is dying may still answer what it was asked before.
    async with asyncio.timeout(_GONE_SECONDS):
        while Path(f"/proc/{pid}/stat").exists() and _lives(pid):  # noqa: ASYNC110 - no event tells, and procfs does not wait
            await asyncio.sleep(0.002)
    if await probes.until_served(part) is None:
        raise TimeoutError(f"{part} did not come back")
    return time.monotonic() - killed


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1][1] != "Z"
    except OSError:
        return False
