"""A lane: a database and topics of its own, in which cells are tried one after the other."""

import asyncio
import json
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
from chassis.relay import ATTEMPTS_MAX
from contracts.topics import TOPICS, dead_letters
from tests.faults.story import ANA_HAS, BEN_HAS, COMMUNITY, SHOP, SHOP_ITEM, tell_story
from tests.faults.subject import CANCELLED, Place, person_of, run
from tests.stack.database import ScratchDatabase

FORKS: Final = multiprocessing.get_context("forkserver")
PARTITIONS: Final = 2
CELL_SECONDS: Final = 60
#: The database gives a stalled transaction up before it goes on: the stall outlasts its patience.
IDLE_MS: Final = 700
STALL: Final = "stall:1.1"
KEYS_OF_STORY: Final = [
    *("accept", "accept-again", "call-off", "capture", "early", "issue"),
    *("offer", "offer-again", "orphan", "reserve", "send", "unsendable"),
]
HEARD: Final = {
    "ledger.escrow": "ledger.escrow_commands.v1",
    "marketplace.trades": "ledger.escrow.v1",
}

SUMS: Final = """
SELECT
    (SELECT count(*) FROM ledger.transfer)
    - (SELECT count(*) FROM ledger.outbox WHERE topic = 'ledger.transfers.v1') AS untold,
    (SELECT count(*) FROM (
        SELECT FROM ledger.entry GROUP BY transfer_id, asset HAVING sum(amount_minor) <> 0
    ) AS unbalanced) AS unbalanced,
    (SELECT count(*) FROM (
        SELECT account_seq, row_number() OVER chain AS place, balance_after_minor,
            sum(amount_minor) OVER chain AS summed
        FROM ledger.entry WINDOW chain AS (PARTITION BY account_id ORDER BY account_seq)
    ) AS links WHERE account_seq <> place OR balance_after_minor <> summed) AS broken,
    (SELECT count(*) FROM ledger.account_balances WHERE available_minor < floor_minor) AS below,
    (SELECT count(*) FROM ledger.outbox
    WHERE failed_at IS NOT NULL AND jsonb_typeof(headers) = 'object')
    + (SELECT count(*) FROM marketplace.outbox WHERE failed_at IS NOT NULL) AS given_up
"""
OF_PERSON: Final = """
SELECT type, balance_minor::bigint, held_minor::bigint FROM ledger.account_balances
WHERE owner_id = $1
"""
KINDS: Final = """
SELECT kind, count(*) FROM ledger.transfer
WHERE initiated_by = $1 OR id IN (
    SELECT transfer_id FROM ledger.entry AS e JOIN ledger.account AS a ON a.id = e.account_id
    WHERE a.owner_id = $1
) GROUP BY kind
"""
STEPS: Final = """
SELECT t.state, array_agg(s.action ORDER BY s.version) AS actions
FROM marketplace.trade AS t JOIN marketplace.trade_step AS s ON s.trade_id = t.id
WHERE t.buyer_id = $1 GROUP BY t.id
"""
KEYS: Final = """
SELECT array_agg(key ORDER BY key) FROM (
    SELECT key FROM ledger.idempotent_answer WHERE owner = $1
    UNION ALL SELECT key FROM marketplace.idempotent_answer WHERE owner = $1
) AS answered
"""


#: The row that no broker takes, and the letter that was redriven, with what became of its message.
UNSENT: Final = "SELECT attempts, published_at FROM ledger.outbox WHERE event_id::text = $1"
REDRIVEN: Final = """
SELECT l.state, i.outcome FROM marketplace.dead_letter AS l
JOIN marketplace.inbox AS i ON i.consumer = l.consumer AND i.event_id = l.event_id
WHERE l.key = $1
"""


@dataclass(frozen=True)
class Ended:
    """How a cell ended."""

    exits: tuple[int | None, ...]
    faults: tuple[str, ...]
    seconds: float


@dataclass
class Lane:
    """Tries cells one after the other; what they leave is examined after each and at the end."""

    name: str
    scratch: ScratchDatabase
    kafka_servers: str
    folder: Path
    admin: asyncpg.Connection = field(init=False)

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

    def _start(self, cell: int, wishes: str, bug: str | None) -> ForkServerProcess:
        place = Place(
            self.name,
            {name: self.scratch.url(name) for name in ("ledger", "marketplace")},
            self.kafka_servers,
            self.folder,
        )
        process = FORKS.Process(target=run, args=(place, cell, wishes, tell_story, bug))
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
        """Let a process meet its fault, and another one go on where it died."""
        started = time.monotonic()
        wish = f"{point}={STALL if action == 'stall' else action}"
        exits = [await self._end_of(self._start(cell, wish, bug))]
        if exits[0] in (-signal.SIGKILL, CANCELLED):
            exits.append(await self._end_of(self._start(cell, "", bug)))
        expected = {"kill": [-signal.SIGKILL, 0], "cancel": [CANCELLED, 0]}.get(action, [0])
        faults = [] if exits == expected else [f"processes ended with {exits}, not {expected}"]
        faults += await self._examine(cell)
        return Ended(tuple(exits), tuple(faults), time.monotonic() - started)

    async def _examine(self, cell: int) -> list[str]:
        """The books are right, each wish was done exactly once, each answer is always the same."""
        sums = dict(await self.admin.fetchrow(SUMS))
        faults = [f"{name}: {count}" for name, count in sums.items() if count]
        ana, ben = person_of(cell, "a"), person_of(cell, "b")
        kinds = dict(await self.admin.fetch(KINDS, ana))
        expected = (
            *("issue", "send", "reservation.reserve", "reservation.capture"),
            "reservation.expire",
        )
        of_trades = {"escrow.fund": 2, "escrow.refund": 2}
        faults += _unlike("transfers", kinds, dict.fromkeys(expected, 1) | of_trades)
        has = {kind: (have, held) for kind, have, held in await self.admin.fetch(OF_PERSON, ana)}
        faults += _unlike("ana", has, {"MAIN": (ANA_HAS, 0), "ESCROW": (0, 0), "GIFT": (0, 0)})
        has = {kind: (have, held) for kind, have, held in await self.admin.fetch(OF_PERSON, ben)}
        faults += _unlike("ben", has, {"MAIN": (BEN_HAS, 0), "ESCROW": (0, 0), "GIFT": (0, 0)})
        trades = sorted(tuple(row) for row in await self.admin.fetch(STEPS, ana))
        ends = [["compensate", "repay"], ["expire", "repay"]]
        steps = [("refunded", ["offer", "accept", "fund", *end]) for end in ends]
        faults += _unlike("trades", trades, steps)
        keys = await self.admin.fetchval(KEYS, str(ana))
        faults += _unlike("keys", keys, KEYS_OF_STORY)
        said = defaultdict(set)
        path = self.folder / f"{cell}.jsonl"
        for line in path.read_text().splitlines() if path.exists() else []:
            key, body = json.loads(line)
            said[key].add(body)
        faults += [f"{key} had several answers: {s}" for key, s in said.items() if len(s) > 1]
        ids = {key: json.loads(next(iter(bodies)))["id"] for key, bodies in said.items()}
        unsent = [tuple(row) for row in await self.admin.fetch(UNSENT, ids.get("unsendable"))]
        faults += _unlike("unsent", unsent, [(ATTEMPTS_MAX, None)])
        redriven = [tuple(row) for row in await self.admin.fetch(REDRIVEN, ids.get("orphan"))]
        faults += _unlike("redriven", redriven, [("REDRIVEN", "PROCESSED")])
        return faults

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
            faults += _unlike(f"{service}: events", set(first) - {None}, set(known))
            faults += _inversions(service, [known[one] for one in first if one in known])
        for group, topic in HEARD.items():
            service = group.partition(".")[0]
            seen = await self.admin.fetch(
                f"SELECT event_id::text FROM {service}.inbox WHERE consumer = $1", group
            )
            ids = {_event_id(record) for record in everything.get(topic, [])} - {None}
            faults += _unlike(f"{group}: inbox", {row[0] for row in seen}, ids)
        poison = [r for r in everything.get(HEARD["ledger.escrow"], []) if r.key == b"poison"]
        letters = await self.admin.fetchval("SELECT count(*) FROM ledger.dead_letter")
        announced = everything.get(f"{HEARD['ledger.escrow']}.dead", [])
        ids = {record.value for record in announced}
        faults += _unlike("dead letters", letters, len(poison))
        faults += _unlike("announcements", ids, {record.value for record in poison})
        given_up = await self.admin.fetch("SELECT key FROM marketplace.dead_letter")
        announced = everything.get(f"{HEARD['marketplace.trades']}.dead", [])
        keys = sorted({record.key.decode() for record in announced})
        faults += _unlike("given up", keys, sorted(row["key"] for row in given_up))
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


def _unlike(what: str, found: Any, expected: Any) -> list[str]:
    return [] if found == expected else [f"{what}: {found}, not {expected}"]


def _inversions(where: str, arrivals: Sequence[tuple[str, int]]) -> list[str]:
    newest: dict[str, int] = {}
    faults = []
    for key, number in arrivals:
        if number < newest.get(key, 0):
            faults.append(f"{where}: event {number} of {key} came after {newest[key]}")
        newest[key] = max(number, newest.get(key, 0))
    return faults
