"""Operators find what is stuck and mend it from the command line, on the whole system."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from chassis.ids import new_id
from contracts.ledger import EscrowFunded
from tests.journeys.people import operator, somebody
from tests.stack.plugin import System

pytestmark = pytest.mark.slow
LOCALEX = Path(sys.executable).with_name("localex")
UNSEALED = "the seal is not that of the service that writes to the topic"


def run(system: System, *words: str, code: int = 0) -> str:
    """Run a command against the system, as an operator would."""
    said = subprocess.run(
        [LOCALEX, *words],
        env=os.environ | system.settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == code, said.stdout + said.stderr
    return said.stdout + said.stderr


def listed(system: System, *words: str) -> Any:
    """What a command prints as JSON."""
    return json.loads(run(system, *words, "--json"))


async def write(system: System, topic: str, value: bytes | None, **headers: str) -> None:
    """Write to a topic behind the services' backs."""
    producer = AIOKafkaProducer(bootstrap_servers=system.settings["LOCALEX_KAFKA_SERVERS"])
    await producer.start()
    try:
        pairs = [(name, text.encode()) for name, text in headers.items()]
        await producer.send_and_wait(topic, value, b"key", headers=pairs)
    finally:
        await producer.stop()


async def until(look: Any, seconds: float = 20) -> Any:
    """Look until there is something.

    Raises:
        TimeoutError: There never was.
    """
    async with asyncio.timeout(seconds):
        while not (found := look()):  # noqa: ASYNC110 - the state is in a database
            await asyncio.sleep(0.2)
    return found


async def test_poison_is_found_shown_and_discarded(system: System) -> None:
    """A forged message, true but for its seal, takes no effect, and its letter tells why."""
    forged = EscrowFunded(
        escrow_id=new_id(),
        version=1,
        payer_id=new_id(),
        payee_id=new_id(),
        amount_minor=1,
        asset="LXC",
        transfer_id=new_id(),
    )
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(new_id()),
        "ce_source": "/ledger",
        "ce_type": forged.type_name(),
        "ce_dataschema": f"urn:localex:{forged.type_name()}:1",
        "ce_time": "2026-11-21T12:00:00+00:00",
        "ce_subject": forged.key(),
        "ce_aggregateversion": "1",
    }
    await write(system, forged.TOPIC, forged.model_dump_json().encode(), **headers)
    await write(system, forged.TOPIC, None)
    mine = ("dead", "list", "--consumer", "marketplace.trades")
    letters = await until(lambda: (f := listed(system, *mine)) and len(f) >= 2 and f)
    by_reason = {one["reason"]: one["letter"] for one in letters}
    assert UNSEALED in by_reason
    letter = by_reason[UNSEALED]
    assert "dead again" not in run(system, "dead", "redrive", letter, "--by", "olga")
    shown = listed(system, "dead", "show", letter)
    assert (shown["state"], shown["redrives"]) == ("DEAD", 1)
    assert json.loads(shown["payload"])["escrow_id"] == forged.key()
    run(system, "dead", "discard", *by_reason.values(), "--reason", "forged", "--by", "olga")
    assert [a["action"] for a in listed(system, "dead", "show", letter)["actions"]] == [
        "dead.redrive",
        "dead.discard",
    ]
    assert "not DEAD" in run(system, "dead", "redrive", letter, code=1)
    assert listed(system, *mine) == []


async def test_a_lost_answer_is_said_again(system: System) -> None:
    """A trade that never heard that it was funded is listed as stuck, resumed, and goes on."""
    async with somebody(system, "Ana") as ana, somebody(system, "Ben", credits="50.00") as ben:
        item = await ana.client.create_item("Lamp", price="9.00")
        trade = await ben.client.offer(item.id, "9.00")
        await asyncio.to_thread(system.backend.stop, "marketplace")
        # As if Kafka had lost the answer: the marketplace takes it for handled.
        await asyncio.to_thread(system.backend.start, "marketplace")
        await ana.client.accept(trade.id)
        await until_state(ben, trade.id, "funded")
        await _forget(system, trade.id)
        stuck = listed(system, "sagas", "list", "--stuck", "--older-than-minutes", "0")
        assert str(trade.id) in [saga["id"] for saga in stuck]
        said = run(system, "sagas", "resume", str(trade.id), "--reason", "a lost answer")
        assert "FundEscrow was sent again, and 1 answers" in said
        await until_state(ben, trade.id, "funded")
        undone = run(system, "sagas", "compensate", str(trade.id), "--reason", "nobody comes")
        assert "refunding" in undone
        await until_state(ben, trade.id, "refunded")
        assert "no step compensate" in run(
            system, "sagas", "compensate", str(trade.id), "--reason", "again", code=1
        )
        [account] = [one for one in await ben.client.accounts() if one.type == "MAIN"]
        assert str(account.balance) == "50.00"


async def until_state(person: Any, trade_id: UUID, state: str) -> None:
    """Wait until a trade is there."""
    async with asyncio.timeout(30):
        while (await person.client.get_trade(trade_id)).state != state:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)


async def _forget(system: System, trade_id: UUID) -> None:
    """Put the marketplace back to before it heard that the escrow was funded."""
    conn = await asyncpg.connect(system.backend.admin_url)
    try:
        await conn.execute("SET search_path = marketplace; SET session_replication_role = replica")
        key = str(trade_id)
        await conn.execute(
            "UPDATE trade SET state = 'accepted', version = 2 WHERE id = $1", trade_id
        )
        await conn.execute("DELETE FROM trade_step WHERE trade_id = $1 AND version > 2", trade_id)
        await conn.execute("DELETE FROM aggregate_head WHERE key = $1", key)
        await conn.execute("DELETE FROM timer WHERE key = $1", key)
        await conn.execute(
            "DELETE FROM inbox WHERE consumer = 'marketplace.trades' AND event_id IN ("
            "SELECT event_id FROM ledger.outbox WHERE key = $1)",
            key,
        )
    finally:
        await conn.close()


async def test_the_outbox_is_told_and_replayed(system: System) -> None:
    """Every service's figures; a replay is answered with how many, and changes nothing."""
    async with operator(system) as issuer:
        await issuer.me()
    figures = listed(system, "outbox", "status")
    assert set(figures) == {"gateway", "ledger", "marketplace", "search"}
    assert figures["gateway"]["published"] > 0
    said = run(system, "outbox", "replay", "gateway", "--since", "1h", "--reason", "a drill")
    assert "events will be sent again" in said
    assert not said.startswith("0 ")

    def quiet() -> bool:
        return bool(listed(system, "outbox", "status")["gateway"]["pending"] == 0)

    await until(quiet)
    assert "7 days" in run(system, "outbox", "replay", "gateway", "--since", "8d", code=1)
    assert "no time" in run(system, "outbox", "replay", "gateway", "--since", "soon", code=1)
