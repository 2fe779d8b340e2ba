"""How long it takes after a fault until the part serves again: asked from outside."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from embedded.torture.client import Clients
from embedded.torture.plan import BACKEND
from embedded.torture.world import PROBE, Inhabited

PROBE_TOPIC: Final = "torture.probe"
GIVE_UP_SECONDS: Final = 60.0
_ASK_EVERY_SECONDS: Final = 0.025
_OK: Final = range(200, 300)
#: A route by part whose success shows that the part serves.
_ROUTES: Final = {
    "gateway": "/v1/me",
    "ledger": "/v1/accounts",
    "marketplace": "/v1/trades",
    "search": "/v1/search?q=spade",
    "opensearch": "/v1/search?q=spade",
}


@dataclass(frozen=True, slots=True)
class Recovery:
    """One part that came back, or did not.

    Attributes:
        part: Which.
        seconds: From the fault to the first success; nothing if there was none in time.
        alone: Whether nothing else was broken meanwhile.
    """

    part: str
    seconds: float | None
    alone: bool


async def make_probe_topic(servers: str) -> None:
    """Make the topic by which Kafka is asked."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await admin.start()
        await admin.create_topics([NewTopic(PROBE_TOPIC, 1, 1)])
    finally:
        await admin.close()


class Probes:
    """Asks parts until they serve again."""

    def __init__(self, clients: Clients, inhabited: Inhabited, kafka: str) -> None:
        """Ask through the gateway; Kafka at its own address."""
        self._clients = clients
        self._inhabited = inhabited
        self._kafka = kafka

    def knows(self, part: str) -> bool:
        """Whether a probe can tell that a part serves: no client meets Valkey or S3 directly."""
        return self._asking(part) is not None

    async def until_served(self, part: str) -> float | None:
        """Seconds from now to the first success; nothing when there is none in time."""
        started = time.monotonic()
        ask = self._asking(part)
        if ask is None:
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVE_UP_SECONDS):
                while not await ask():  # noqa: ASYNC110 - no event comes from another process
                    await asyncio.sleep(_ASK_EVERY_SECONDS)
                return time.monotonic() - started
        return None

    def _asking(self, part: str) -> Callable[[], Awaitable[bool]] | None:
        if part in _ROUTES:
            return lambda: self._read(_ROUTES[part])
        if part in {"postgres", BACKEND}:
            return self._write
        if part == "kafka":
            return self._produce
        return None

    async def _read(self, path: str) -> bool:
        person = self._inhabited.people[0]
        status, _, _ = await self._clients.ask("GET", path, person.token)
        return status in _OK

    async def _write(self) -> bool:
        """A write whose refusal shows as well that the database decided."""
        person = self._inhabited.people[0]
        body: dict[str, Any] = {"to_user": str(person.id), "amount": "0.01", "asset": "LXC"}
        body["reason"] = PROBE
        status, _, _ = await self._clients.ask(
            "POST", "/v1/issuances", self._inhabited.operator.token, body, key=uuid4().hex
        )
        return status in _OK

    async def _produce(self) -> bool:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, acks="all", request_timeout_ms=1500
        )
        try:
            await producer.start()
            async with asyncio.timeout(2):
                await producer.send_and_wait(PROBE_TOPIC, b"probe", partition=0)
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await producer.stop()
        return True


def summarise(recoveries: list[Recovery]) -> dict[str, dict[str, float | int | None]]:
    """Median and longest time by part: of all, and of those that nothing else disturbed."""
    found: dict[str, dict[str, float | int | None]] = {}
    for part in sorted({one.part for one in recoveries}):
        seconds = [one.seconds for one in recoveries if one.part == part]
        known = [one for one in seconds if one is not None]
        quiet = [
            one.seconds
            for one in recoveries
            if one.part == part and one.alone and one.seconds is not None
        ]
        found[part] = {
            "count": len(seconds),
            "never": len(seconds) - len(known),
            "p50": _rounded(statistics.median(known)) if known else None,
            "max": _rounded(max(known)) if known else None,
            "alone_count": len(quiet),
            "alone_p50": _rounded(statistics.median(quiet)) if quiet else None,
            "alone_max": _rounded(max(quiet)) if quiet else None,
        }
    return found


def _rounded(seconds: float) -> float:
    return round(seconds, 2)
