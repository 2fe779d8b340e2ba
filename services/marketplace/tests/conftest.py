"""The marketplace over a real database, in this process; the ledger and Kafka are not there.

What the ledger would say is delivered to the consumer as Kafka would deliver it.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from pydantic import SecretStr

from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.health import Health
from chassis.ids import new_id
from chassis.resources import Resources
from chassis.timers import TimerWorker
from chassis.tokens import Caller, mint, new_signing_key, public_jwks
from contracts.cloudevents import envelope_of, write_headers
from contracts.ledger import EscrowFunded, EscrowRefunded, EscrowRefused, EscrowReleased
from contracts.messages import Message
from contracts.money import parse_amount
from contracts.topics import SOURCES
from marketplace.main import service
from marketplace.settings import MarketplaceSettings
from tests.stack.database import ScratchDatabase

#: Later than what the database writes by its own clock, whenever this runs.
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(
    hour=12, minute=0, second=0, microsecond=0
)
KEY = new_signing_key()


@dataclass(frozen=True)
class Member:
    """A caller of the service, with the gateway's token."""

    caller: Caller
    client: httpx2.AsyncClient

    @property
    def id(self) -> UUID:
        """Who it is."""
        return self.caller.user_id

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        """Post JSON with an idempotency key, a new one unless given."""
        named = {"Idempotency-Key": key or uuid4().hex, **headers}
        return await self.client.post(f"/v1{path}", json=body, headers=self.named(named))

    async def raw(self, path: str, content: bytes, **headers: str) -> httpx2.Response:
        """Post bytes as they are."""
        named = {"Idempotency-Key": uuid4().hex, "Content-Type": "application/json", **headers}
        return await self.client.post(f"/v1{path}", content=content, headers=self.named(named))

    async def patch(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        """Patch whatever version there is; header names with `_` for `-`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"If-Match": "*", **given}
        return await self.client.patch(f"/v1{path}", json=body, headers=self.named(named))

    async def put(self, path: str, *, key: str | None = None) -> httpx2.Response:
        """Put, with an idempotency key."""
        headers = self.named({"Idempotency-Key": key or uuid4().hex})
        return await self.client.put(f"/v1{path}", headers=headers)

    async def delete(self, path: str, *, key: str | None = None) -> httpx2.Response:
        """Delete, with an idempotency key."""
        headers = self.named({"Idempotency-Key": key or uuid4().hex})
        return await self.client.delete(f"/v1{path}", headers=headers)

    async def get(self, path: str, **params: Any) -> httpx2.Response:
        """Read."""
        return await self.client.get(f"/v1{path}", params=params, headers=self.named({}))

    async def made(self, path: str, body: Any = None) -> dict[str, Any]:
        """Post, and expect that it is done."""
        answer = await self.post(path, body)
        assert answer.status_code in (200, 201), answer.text
        content: dict[str, Any] = answer.json()
        return content

    def named(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers with the token."""
        token = mint(KEY, self.caller, "marketplace")
        return {"Authorization": f"Bearer {token}", **headers}


def escrow_event(kind: str, trade: Mapping[str, Any], **facts: Any) -> Message:
    """What the ledger says of a trade's escrow."""
    models: dict[str, tuple[type[Any], dict[str, Any]]] = {
        "fund": (EscrowFunded, {"transfer_id": uuid4()}),
        "refuse": (EscrowRefused, {"problem": "insufficient-funds", "detail": "you have 5.00"}),
        "pay": (EscrowReleased, {"transfer_id": uuid4(), "fee_minor": 75}),
        "repay": (EscrowRefunded, {"transfer_id": None, "reason": "as asked"}),
    }
    model, own = models[kind]
    terms = {
        "escrow_id": trade["id"],
        "version": 1 if kind in ("fund", "refuse") else 2,
        "payer_id": trade["buyer_id"],
        "payee_id": trade["seller_id"],
        "amount_minor": parse_amount(trade["amount"], trade["asset"]),
        "asset": trade["asset"],
    }
    if kind == "pay":
        own["refunded_minor"] = trade.get("refunded_minor")
    message: Message = model(**{**terms, **own, **facts})
    return message


@dataclass
class Market:
    """The service, its clock, and what it has said.

    `database` and `resources` look at every community, as jobs do; requests keep to their caller's,
    and consumers and timers to what they say of themselves.
    """

    client: httpx2.AsyncClient
    database: Database
    clock: FixedClock
    consumers: dict[str, Consumer]
    timers: TimerWorker
    resources: Resources
    offset: int = field(default=0)

    async def stock(self, item_id: str) -> tuple[str, int, int, int]:
        """Status, quantity, reserved and sold of an item."""
        row = await self.database.pool.fetchrow(
            "SELECT status, quantity, reserved, sold FROM item WHERE id = $1", item_id
        )
        return tuple(row)

    async def picture(self, owner: Member, *, state: str = "READY") -> str:
        """An image of somebody, as if the workers had seen to it; there is no object of it."""
        image = uuid4()
        add = (
            "INSERT INTO image (id, owner_id, community, state, media_type, size_bytes, "
            "next_try_at, created_at, unattached_since) "
            "VALUES ($1, $2, $3, 'UPLOADED', 'image/jpeg', 9, $4, $4, $4)"
        )
        settle = {
            "READY": "hash = repeat(md5(id::text), 2), color = '#aabbcc', width = 4, height = 3",
            "REFUSED": "refusal = 'image-empty', refusal_detail = 'x'",
        }
        async with self.database.transaction() as conn:
            await conn.execute(add, image, owner.id, owner.caller.community, self.clock.now())
            if state in settle:
                await conn.execute(
                    f"UPDATE image SET state = $2, next_try_at = NULL, settled_at = created_at, "
                    f"{settle[state]} WHERE id = $1",
                    image,
                    state,
                )
        return str(image)

    async def trade_in(
        self, state: str, *, amount: str = "75.00", **fields: Any
    ) -> tuple[Member, Member, dict[str, Any]]:
        """Seller, buyer and their trade, brought to a state."""
        seller, buyer = self.member(), self.member()
        item = await self.sell(seller, **fields)
        offer = {"item_id": item["id"], "amount": amount, "asset": "LXC"}
        trade = await buyer.made("/trades", offer)
        way = ["offered", "accepted", "funded", "handed_over", "confirmed", "released"]
        further = way[1 : way.index(state) + 1] if state in way else way[1:3]
        path = f"/trades/{trade['id']}"
        for step in further:
            match step:
                case "accepted":
                    await seller.made(f"{path}/accept")
                case "funded":
                    await self.ledger_says("fund", trade)
                case "handed_over":
                    await seller.made(f"{path}/hand-over")
                case "confirmed":
                    await buyer.made(f"{path}/confirm")
                case _:
                    await self.ledger_says("pay", trade)
        if state == "disputed":
            await buyer.made(f"{path}/dispute", {"reason": "it squeaks"})
        if state == "refunding":
            await buyer.made(f"{path}/cancel")
        return seller, buyer, (await buyer.get(path)).json()

    def member(self, *roles: str, community: str = "riverside") -> Member:
        """Someone new."""
        who = frozenset(roles or ("MEMBER",))
        return Member(Caller(uuid4(), who, community), self.client)

    async def said(self, key: UUID | str | None = None) -> list[tuple[str, dict[str, Any]]]:
        """The outbox, in order: type names and payloads, of one aggregate if one is named."""
        rows = await self.database.pool.fetch(
            "SELECT headers, payload FROM outbox WHERE $1::text IS NULL OR key = $1 ORDER BY id",
            None if key is None else str(key),
        )
        return [
            (row["headers"]["ce_type"].partition(".")[2], json.loads(row["payload"]))
            for row in rows
        ]

    async def types(self, key: UUID | str) -> list[str]:
        """Names of what was said of one aggregate, in order."""
        return [name for name, _ in await self.said(key)]

    @asynccontextmanager
    async def lost_transaction(self) -> AsyncIterator[Any]:
        """A transaction that a crash takes back."""
        async with self.database.pool.acquire() as conn:
            transaction = conn.transaction()
            await transaction.start()
            yield conn
            await transaction.rollback()

    async def tries(self, statement: str, *arguments: Any) -> None:
        """Another transaction, which gives up soon when it has to wait, and changes nothing."""
        async with self.database.pool.acquire() as conn:
            transaction = conn.transaction()
            await transaction.start()
            try:
                await conn.execute("SET LOCAL lock_timeout = '50ms'")
                await conn.execute(statement, *arguments)
            finally:
                await transaction.rollback()

    async def told(self, kind: str, person: Member) -> list[dict[str, Any]]:
        """What one person was told of a kind, in order."""
        return [said for name, said in await self.said(person.id) if name == kind]

    async def hear(self, group: str, *messages: Message, event_id: UUID | None = None) -> None:
        """Deliver messages to a consumer, in one batch."""
        await self.consumers[group].handle([self.record(m, event_id) for m in messages])

    def record(self, message: Message, event_id: UUID | None = None) -> SimpleNamespace:
        """A Kafka record that holds a message."""
        envelope = envelope_of(
            message,
            event_id=event_id or new_id(),
            source=SOURCES[message.TOPIC],
            occurred_at=datetime.now(UTC),
        )
        self.offset += 1
        return SimpleNamespace(
            topic=message.TOPIC,
            partition=0,
            offset=self.offset,
            value=message.model_dump_json().encode(),
            headers=[(name, value.encode()) for name, value in write_headers(envelope).items()],
        )

    async def ledger_says(self, kind: str, trade: Mapping[str, Any], **facts: Any) -> None:
        """Deliver what became of a trade's escrow: `fund`, `refuse`, `pay` or `repay`."""
        await self.hear("marketplace.trades", escrow_event(kind, trade, **facts))

    async def sell(self, seller: Member, **fields: Any) -> dict[str, Any]:
        """An item of the seller's on offer, a bicycle for 60.00 LXC unless said otherwise."""
        body = {"title": "Bicycle", "price": "60.00", "asset": "LXC", **fields}
        return await seller.made("/items", body)


@asynccontextmanager
async def open_market(scratch: ScratchDatabase, folder: Path) -> AsyncIterator[Market]:
    """Run the service in this process over a database."""
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps(public_jwks([KEY])))
    settings = MarketplaceSettings(
        database_url=SecretStr(scratch.url("marketplace")),
        kafka_servers="127.0.0.1:1",
        http_port=1,
        internal_jwks_file=jwks,
    )
    async with service.open(settings) as opened, scratch.open("marketplace") as looking:
        clock = FixedClock(TOMORROW)
        health = Health("marketplace", opened.database, set())
        resources = Resources(settings, opened.database, clock, health)
        transport = httpx2.ASGITransport(service.app(resources))
        async with httpx2.AsyncClient(transport=transport, base_url="http://market") as client:
            consumers = {c.subscription.group: c for c in service.consumers(resources)}
            timers = service.timer_worker(resources)
            every = replace(resources, database=looking)
            yield Market(client, looking, clock, consumers, timers, every)


@pytest.fixture
async def market(scratch_database: ScratchDatabase, tmp_path: Path) -> AsyncIterator[Market]:
    """The service; the module's tests share the tables."""
    async with open_market(scratch_database, tmp_path) as market:
        yield market
