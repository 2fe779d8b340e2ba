"""A lane: a database and topics of its own, in which cells are tried one after the other."""

import asyncio
import multiprocessing
import signal
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.database import EVERY_COMMUNITY
from contracts.topics import TOPICS, dead_letters
from tests.faults.done import Tale, examine_cell, unlike
from tests.faults.ends import ENDS_LEAVE, tell_ends
from tests.faults.story import COMMUNITY, SHOP, SHOP_ITEM, STORY_LEAVES, tell_story
from tests.faults.subject import CANCELLED, UNMET, Place, run
from tests.faults.witness import read_met
from tests.stack.database import ScratchDatabase

FORKS: Final = multiprocessing.get_context("forkserver")
PARTITIONS: Final = 2
CELL_SECONDS: Final = 60
#: The database gives a stalled transaction up before it goes on: the stall outlasts its patience.
IDLE_MS: Final = 700
STALL: Final = "stall:1.1"
#: Far more than a story has passings of one point.
PROCESSES_MAX: Final = 60
STORY: Final = Tale(tell_story, STORY_LEAVES)
ENDS: Final = Tale(tell_ends, ENDS_LEAVE)
HEARD: Final = {
    "ledger.escrow": "ledger.escrow_commands.v1",
    "marketplace.trades": "ledger.escrow.v1",
}


@dataclass(frozen=True)
class Ended:
    """How a cell ended."""

    exits: tuple[int | None, ...]
    faults: tuple[str, ...]
    seconds: float
    #: Points that fired, and what was being done there.
    met: tuple[tuple[str, str], ...]


@dataclass
class Lane:
    """Tries cells one after the other; what they leave is examined after each and at the end."""

    name: str
    scratch: ScratchDatabase
    kafka_servers: str
    folder: Path
    admin: asyncpg.Connection = field(init=False)
    #: How many cells ended here.
    tried: int = 0

    async def open(self) -> None:
        """Make topics, a shop with something to sell, and an impatient database."""
        names = [topic.name for topic in TOPICS]
        names += [dead_letters(topic).name for topic in TOPICS if topic.name in HEARD.values()]
        client = AIOKafkaAdminClient(bootstrap_servers=self.kafka_servers)
        await client.start()
        try:
            await client.create_topics([NewTopic(f"{self.name}.{n}", PARTITIONS, 1) for n in names])
        finally:
            await client.close()
        self.admin = await asyncpg.connect(
            self.scratch.admin_url, server_settings={"localex.community": EVERY_COMMUNITY}
        )
        for role in ("ledger", "marketplace"):
            await self.admin.execute(
                f"ALTER ROLE {role} IN DATABASE {self.scratch.name} "
                f"SET idle_in_transaction_session_timeout = {IDLE_MS}"
            )
        await self.admin.execute(
            "INSERT INTO marketplace.item (id, version, seller_id, community, status, title, "
            "description, category_id, kind, pricing, price_minor, asset, quantity, created_at, "
            "changed_at) SELECT $1, 1, $2, $3, 'active', 'Bicycle', 'It rides.', id, 'good', "
            "'credits', 2000, 'LXC', 100000, now(), now() FROM marketplace.category LIMIT 1",
            SHOP_ITEM,
            SHOP,
            COMMUNITY,
        )

    def _start(self, cell: int, wishes: str, tale: Tale, bug: str | None) -> ForkServerProcess:
        place = Place(
            self.name,
            {name: self.scratch.url(name) for name in ("ledger", "marketplace")},
            self.kafka_servers,
            self.folder,
        )
        process = FORKS.Process(target=run, args=(place, cell, wishes, tale.tell, bug))
        process.start()
        return process

    async def _end_of(self, process: ForkServerProcess) -> int | None:
        """Wait for a process; one that takes too long is ended."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(process.sentinel, ended.set)
        try:
            await asyncio.wait_for(ended.wait(), CELL_SECONDS)
        except TimeoutError:
            process.kill()
            return None
        finally:
            loop.remove_reader(process.sentinel)
            process.join()
        return process.exitcode

    async def try_cell(
        self, cell: int, point: str, action: str, *, bug: str | None = None
    ) -> Ended:
        """Let a process meet its fault, and another one go on where it died.

        A process that did not meet it ends with `UNMET`, whatever the story came to.
        """
        started = time.monotonic()
        wish = f"{point}={STALL if action == 'stall' else action}"
        exits = [await self._end_of(self._start(cell, wish, STORY, bug))]
        if exits[0] in (-signal.SIGKILL, CANCELLED):
            exits.append(await self._end_of(self._start(cell, "", STORY, bug)))
        expected = {"kill": [-signal.SIGKILL, 0], "cancel": [CANCELLED, 0]}.get(action, [0])
        return await self._ended(cell, STORY, exits, expected, started)

    async def kill_all_along(self, cell: int, points: Sequence[str], nth: int) -> Ended:
        """Kill one process after the other, each one passing further than the one before.

        Each meets the next of the points, at the nth time that it passes there: what the one before
        had begun is done again on the way. It ends with a process that finishes the story.
        """
        started = time.monotonic()
        exits: list[int | None] = []
        further = 0
        for number in range(PROCESSES_MAX):
            passing = 1 if number == 0 else nth + further
            wish = f"{points[number % len(points)]}=kill@{passing}"
            exits.append(await self._end_of(self._start(cell, wish, ENDS, None)))
            if exits[-1] != -signal.SIGKILL:
                break
            # Messages that come again beside the new one may be met again, and again.
            acts = [act for _, act in read_met(self._path(cell, "met"))][-2:]
            further = further + 1 if nth > 1 and len(set(acts)) < len(acts) else 0
        killed = [-signal.SIGKILL] * (len(exits) - 1)
        return await self._ended(cell, ENDS, exits, [*killed, UNMET], started)

    async def _ended(
        self,
        cell: int,
        tale: Tale,
        exits: list[int | None],
        expected: list[int],
        started: float,
    ) -> Ended:
        faults = [] if exits == expected else [f"processes ended with {exits}, not {expected}"]
        faults += await examine_cell(self.admin, cell, tale.leaves, self._path(cell, "jsonl"))
        met = read_met(self._path(cell, "met"))
        self.tried += 1
        return Ended(tuple(exits), tuple(faults), time.monotonic() - started, tuple(met))

    def _path(self, cell: int, what: str) -> Path:
        return self.folder / f"{cell}.{what}"

    async def examine_topics(self) -> list[str]:
        """At the end: what was committed arrived, in order, and was handled once."""
        faults: list[str] = []
        everything = await self._read_topics()
        for service in ("ledger", "marketplace"):
            rows = await self.admin.fetch(
                f"SELECT event_id::text AS event_id, topic, key, id FROM {service}.outbox "
                "WHERE topic NOT LIKE '%.dead' AND failed_at IS NULL ORDER BY id"
            )
            arrived = [
                record
                for topic in {row["topic"] for row in rows}
                for record in everything.get(topic, [])
            ]
            first = dict.fromkeys(_event_id(record) for record in arrived)
            known = {row["event_id"]: (f"{row['topic']}/{row['key']}", row["id"]) for row in rows}
            faults += unlike(f"{service}: events", set(first) - {None}, set(known))
            faults += _inversions(service, [known[one] for one in first if one in known])
        for group, topic in HEARD.items():
            service = group.partition(".")[0]
            seen = await self.admin.fetch(
                f"SELECT event_id::text FROM {service}.inbox WHERE consumer = $1", group
            )
            ids = {_event_id(record) for record in everything.get(topic, [])} - {None}
            faults += unlike(f"{group}: inbox", {row[0] for row in seen}, ids)
        poison = [r for r in everything.get(HEARD["ledger.escrow"], []) if r.key == b"poison"]
        letters = await self.admin.fetchval("SELECT count(*) FROM ledger.dead_letter")
        announced = everything.get(f"{HEARD['ledger.escrow']}.dead", [])
        ids = {record.value for record in announced}
        faults += unlike("dead letters", letters, len(poison))
        faults += unlike("announcements", ids, {record.value for record in poison})
        given_up = await self.admin.fetch("SELECT key FROM marketplace.dead_letter")
        announced = everything.get(f"{HEARD['marketplace.trades']}.dead", [])
        keys = sorted({record.key.decode() for record in announced})
        faults += unlike("given up", keys, sorted(row["key"] for row in given_up))
        return faults

    async def _read_topics(self) -> dict[str, list[Any]]:
        """All messages of the lane by topic, in the order of partition and offset."""
        found: dict[str, list[Any]] = defaultdict(list)
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka_servers)
        await consumer.start()
        try:
            names = [n for n in await consumer.topics() if n.startswith(f"{self.name}.")]
            places = [TopicPartition(name, part) for name in names for part in range(PARTITIONS)]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            while any([await consumer.position(one) < end for one, end in ends.items()]):
                for place, records in (await consumer.getmany(timeout_ms=500)).items():
                    found[place.topic.removeprefix(f"{self.name}.")] += records
        finally:
            await consumer.stop()
        for records in found.values():
            records.sort(key=lambda record: (record.partition, record.offset))
        return found


def _event_id(record: Any) -> str | None:
    return next((value.decode() for name, value in record.headers if name == "ce_id"), None)


def _inversions(where: str, arrivals: Sequence[tuple[str, int]]) -> list[str]:
    newest: dict[str, int] = {}
    faults = []
    for key, number in arrivals:
        if number < newest.get(key, 0):
            faults.append(f"{where}: event {number} of {key} came after {newest[key]}")
        newest[key] = max(number, newest.get(key, 0))
    return faults
