"""Riverside, with everything that an operator can look at, and Hillside, with one person."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.clock import FixedClock
from chassis.database import Database, prepare_connection
from chassis.ids import new_id
from chassis.outbox import Cause
from contracts.ledger import FundEscrow
from ledger.escrow.carry_out import carry_out_commands
from services.ledger.tests.books import COMMUNITY, NOW, Books, Person
from services.ledger.tests.conftest import Api, open_api
from services.ledger.tests.reconciliation.bank import DAY, Bank, csv_of
from tests.stack.database import ScratchDatabase

FAR = "hillside"


@dataclass(frozen=True, slots=True)
class World:
    """The API, and ids of what Riverside has."""

    books: Books
    api: Api
    ids: dict[str, str]
    eve: Person

    async def ask(self, method: str, url: str, token: str, body: Any = None, key: str = "") -> Any:
        """Ask as whoever the token says."""
        headers = {"authorization": f"Bearer {token}", "if-match": "*"}
        if method in ("POST", "PATCH"):
            headers["idempotency-key"] = key or uuid4().hex
        if isinstance(body, bytes):
            return await self.api.client.request(method, url, content=body, headers=headers)
        return await self.api.client.request(method, url, json=body, headers=headers)

    def token(self, who: str) -> str:
        """Of an operator or administrator of a community, or of a person."""
        if who == "ana":
            return self.api.token(UUID(self.ids["ana"]), "MEMBER", COMMUNITY)
        role, _, community = who.partition(" of ")
        return self.api.token(new_id(), role, community)


@pytest.fixture(scope="module")
async def world(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Both of them."""
    async with asyncpg.create_pool(
        scratch_database.url("ledger"), min_size=1, max_size=20, init=prepare_connection
    ) as pool:
        books = Books(scratch_database, Database(pool), FixedClock(NOW))
        async with open_api(books, tmp_path_factory.mktemp("keys")) as api:
            eve = await books.open_person(5_000, community=FAR)
            yield World(books, api, await live_in(books, api), eve)


async def live_in(books: Books, api: Api) -> dict[str, str]:
    """What there is in Riverside, and the ids of it."""
    ana, ben = await books.open_person(500_000), await books.open_person()
    asker = new_id()

    async def made(path: str, body: dict[str, Any], role: str = "MEMBER") -> str:
        answer = await api.post(path, ana.id if role == "MEMBER" else asker, body, role=role)
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    money = {"from_account": str(ana.main), "amount": "1.00", "asset": "LXC"}
    to_ben, held = {"to_user": str(ben.id)}, {"account_id": str(ana.main)}
    much = {"to_user": str(ben.id), "amount": "20000.00", "asset": "LXC", "reason": "a grant"}
    later = (NOW + timedelta(days=9)).isoformat()
    group = await made("/v1/account-groups", {"name": "ours"})
    added = {"add": [str(ana.main)]}
    assert (await api.post(f"/v1/account-groups/{group}/members", ana.id, added)).is_success
    ids = {
        "ana": str(ana.id),
        "ben": str(ben.id),
        "account": str(ana.main),
        "bens": str(ben.main),
        "transfer": await made("/v1/transfers", money | to_ben),
        "held": await made("/v1/reservations", held | {"amount": "1.00", "asset": "LXC"}),
        "kept": await made("/v1/reservations", held | {"amount": "1.00", "asset": "LXC"}),
        "gift": await made("/v1/gifts", money | to_ben),
        "scheduled": await made("/v1/transfers", money | to_ben | {"effective_at": later}),
        "group": group,
        "monitor": await made("/v1/monitors", held | {"kind": "below", "threshold": "2.00"}),
        "order": await made(
            f"/v1/accounts/{ana.main}/statements", {"form": "csv", "month": "2026-11"}
        ),
        "asked": await made("/v1/issuances", much, "OPERATOR"),
        "dropped": await made("/v1/issuances", much, "OPERATOR"),
        "import": await made(
            "/v1/history-imports", {"name": "ours", "community": COMMUNITY}, "OPERATOR"
        ),
        "schedule": await made(
            "/v1/fee-schedules",
            {"operation": "transfer", "community": COMMUNITY, "rules": [], "reason": "a test"},
            "OPERATOR",
        ),
        "escrow": str(await fund(books, ana, ben)),
        "trade": str(await differ(books, ana, ben)),
    }
    await refuse(api, ana, ben)
    return ids | await reconcile(books, api)


async def fund(books: Books, ana: Person, ben: Person) -> UUID:
    """An escrow with money in it."""
    command = FundEscrow(
        escrow_id=new_id(), payer_id=ana.id, payee_id=ben.id, amount_minor=100, asset="LXC"
    )
    async with books.transaction() as conn:
        await carry_out_commands(conn, [(command, Cause())], now=NOW, fee_bps=100)
    return command.escrow_id


async def differ(books: Books, ana: Person, ben: Person) -> UUID:
    """A trade without its escrow."""
    trade = new_id()
    async with books.transaction() as conn:
        await conn.execute(
            "INSERT INTO trade_agreement (trade_id, trade_version, trade_state, trade_terms,"
            " heard_at) VALUES ($1, 2, 'ACCEPTED', $2, now())",
            trade,
            [str(ana.id), str(ben.id), "LXC", "100", "0"],
        )
        await conn.execute(
            "INSERT INTO trade_difference (trade_id, kind, detail, found_at)"
            " VALUES ($1, 'trade-without-escrow', 'none', now())",
            trade,
        )
    return trade


async def refuse(api: Api, ana: Person, ben: Person) -> None:
    """Attempts that are kept: with an account, and without one."""
    wish = {"from_account": str(ana.main), "to_user": str(ben.id), "asset": "LXC"}
    assert (await api.post("/v1/transfers", ana.id, wish | {"amount": "99999.00"})).is_error
    past = {"effective_at": (NOW - timedelta(days=1)).isoformat(), "amount": "1.00"}
    others = wish | past | {"from_account": str(ben.main), "to_user": str(ana.id)}
    assert (await api.post("/v1/transfers", ana.id, others)).status_code == 403


async def reconcile(books: Books, api: Api) -> dict[str, str]:
    """A bank's account with a run that is done, one that is not, a match and a proposal."""
    bank = await Bank.open(books)
    await bank.post((500, "A1"), (90, "A2"))
    lines = [(str(DAY), "5.00", "A1", ""), (str(DAY), "3.00", "X9", "")]
    await bank.bring(csv_of(lines), 0, 800)
    await bank.run()
    home, asker = f"/v1/reconciliation/accounts/{bank.account_id}", new_id()
    wish = {"lines": [2], "reason": "unknown"}
    proposed = await api.post(f"{home}/write-offs", asker, wish, role="OPERATOR")
    assert proposed.status_code == 202, proposed.text
    decided = await api.get(f"{home}/decisions", asker, "OPERATOR")
    return {
        "provider": str(bank.account_id),
        "run": str((await bank.start()).id),
        "proposal": proposed.json()["id"],
        "decision": decided.json()["found"][0]["id"],
    }
