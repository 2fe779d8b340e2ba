"""The people of a run: entered as the gateway enters them, and given money by the operator."""

import asyncio
import hashlib
import itertools
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chassis import context
from chassis.database import prepare_connection
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.gateway import UserRegistered
from embedded.torture.client import Clients, Person
from gateway.communities.ensure import ensure_community

COMMUNITY: Final = "torture"
#: The reason of issuances that only ask whether somebody serves; nobody keeps their answers.
PROBE: Final = "probe"
BATCH: Final = 500
#: The rest get money from those who have it.
RICH_MAX: Final = 120
#: Of each of them, to be ended.
_SPARE_SESSIONS: Final = 20
ISSUED: Final = "10000.00"
_OPEN_WITHIN_SECONDS: Final = 120.0
_SESSION: Final = timedelta(days=7)

INSERT_USERS: Final = """
INSERT INTO users (id, display_name, community, roles, created_at)
SELECT id, 'Somebody', $2, $3::text [], $4 FROM unnest($1::uuid []) AS id
"""
INSERT_SESSIONS: Final = """
INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at)
SELECT *, $4::timestamptz, $4::timestamptz, $5::timestamptz
FROM unnest($1::uuid [], $2::uuid [], $3::bytea [])
"""
SELECT_MAINS: Final = """
SELECT owner_id, id FROM ledger.account
WHERE owner_id = ANY($1::uuid []) AND type = 'MAIN' AND asset = 'LXC'
"""


@dataclass(frozen=True, slots=True)
class Inhabited:
    """A world with people in it."""

    people: tuple[Person, ...]
    operator: Person
    #: Cumulative weights of being chosen: the first are chosen most.
    weights: tuple[float, ...] = field(repr=False)
    #: Tokens of sessions that nothing is done with: they are there to be ended.
    spare: list[str] = field(default_factory=list, repr=False)

    def somebody(self, chance: random.Random) -> Person:
        """A person, by the world's skew."""
        return chance.choices(self.people, cum_weights=self.weights)[0]

    def payer(self, chance: random.Random) -> Person:
        """A person who was given money, by the world's skew."""
        rich = self.people[:RICH_MAX]
        return chance.choices(rich, cum_weights=self.weights[: len(rich)])[0]

    def two(self, chance: random.Random) -> tuple[Person, Person]:
        """Two different people."""
        one = self.somebody(chance)
        while (other := self.somebody(chance)) is one:
            other = chance.choice(self.people)
            if other is not one:
                break
        return one, other

    def token_of(self, person_id: UUID) -> str:
        """The session of a person."""
        return next(p.token for p in (*self.people, self.operator) if p.id == person_id)


async def settle_in(
    gateway_url: str, superuser_url: str, clients: Clients, people: int, skew: float
) -> Inhabited:
    """Enter people and an operator, wait until their accounts are open, and issue credits.

    Args:
        gateway_url: The gateway's database, as its own role.
        superuser_url: To see whether the accounts are open.
        clients: Connections to the gateway.
        people: How many.
        skew: Exponent of the law by which people are chosen: 0 is evenly.

    Raises:
        TimeoutError: The accounts were not opened in time.
    """
    conn = await asyncpg.connect(gateway_url)
    watching = await asyncpg.connect(superuser_url)
    try:
        await prepare_connection(conn)
        context.service.set("gateway")
        [(office, office_token)] = await _enter(conn, 1, ["MEMBER", "OPERATOR"])
        sessions: list[tuple[UUID, str]] = []
        for batch in itertools.batched(range(people), BATCH, strict=False):
            sessions += await _enter(conn, len(batch), ["MEMBER"])
        spare = await _open_more(conn, [one for one, _ in sessions[:RICH_MAX]])
        mains = await _mains(watching, [one for one, _ in (*sessions, (office, ""))])
    finally:
        await conn.close()
        await watching.close()
    found = tuple(Person(one, token, mains[one]) for one, token in sessions)
    weights = tuple(itertools.accumulate((rank + 1) ** -skew for rank in range(people)))
    world = Inhabited(found, Person(office, office_token, mains[office]), weights, spare)
    await _issue(clients, world)
    return world


async def _enter(
    conn: asyncpg.Connection, count: int, roles: Sequence[str]
) -> list[tuple[UUID, str]]:
    """Write users, their sessions and their events, as registering and logging in does."""
    now = datetime.now(UTC)
    made = [(new_id(), _new_token()) for _ in range(count)]
    ids = [one for one, _ in made]
    async with conn.transaction():
        await ensure_community(conn, COMMUNITY, now=now)
        await conn.execute(INSERT_USERS, ids, COMMUNITY, list(roles), now)
        await _open(conn, made)
        await emit(
            conn,
            *(
                UserRegistered(
                    user_id=one,
                    display_name="Somebody",
                    community=COMMUNITY,
                    roles=tuple(roles),  # type: ignore[arg-type]
                    version=1,
                )
                for one in ids
            ),
        )
    return made


def _new_token() -> str:
    return f"lxs_{secrets.token_urlsafe(32)}"


async def _open(conn: asyncpg.Connection, sessions: Sequence[tuple[UUID, str]]) -> None:
    """Enter sessions, each of a person with its token."""
    now = datetime.now(UTC)
    await conn.execute(
        INSERT_SESSIONS,
        [new_id() for _ in sessions],
        [person for person, _ in sessions],
        [hashlib.sha256(token.encode()).digest() for _, token in sessions],
        now,
        now + _SESSION,
    )


async def _open_more(conn: asyncpg.Connection, people: Sequence[UUID]) -> list[str]:
    """Enter more sessions of people; returns their tokens."""
    more = [(person, _new_token()) for person in people for _ in range(_SPARE_SESSIONS)]
    await _open(conn, more)
    return [token for _, token in more]


async def _mains(conn: asyncpg.Connection, people: list[UUID]) -> dict[UUID, UUID]:
    async with asyncio.timeout(_OPEN_WITHIN_SECONDS):
        while True:
            rows = await conn.fetch(SELECT_MAINS, people)
            if len(rows) == len(people):
                return {row["owner_id"]: row["id"] for row in rows}
            await asyncio.sleep(0.1)


async def _issue(clients: Clients, world: Inhabited) -> None:
    """Give the first people credits, several at a time."""
    waiting = iter(world.people[:RICH_MAX])

    async def work() -> None:
        for person in waiting:
            body = {"to_user": str(person.id), "amount": ISSUED, "asset": "LXC"}
            await issue(clients, world, body)

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(work())


async def issue(clients: Clients, world: Inhabited, body: dict[str, str]) -> None:
    """Let the operator issue credits, with a reason that names the operation."""
    number = len(clients.history.operations)
    await clients.write(
        "issue", world.operator, "/v1/issuances", body | {"reason": memo_of(number)}
    )


def memo_of(number: int, item: int | None = None) -> str:
    """What an operation writes into the books, so that it is found there."""
    return f"op {number}" if item is None else f"op {number}.{item}"
