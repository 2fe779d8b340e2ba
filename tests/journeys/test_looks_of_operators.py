"""What operators are shown of others is in the access log: every route that they may read.

Each route is shown to log looks, or it is said why it shows nobody's things, and that is tried.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import pytest

from localex_client import LocalEx, ProblemError
from tests.journeys.people import operator, somebody
from tests.journeys.test_ids_of_others import CASES, things_of
from tests.roles.routes import ANYONE, guarded
from tests.stack.plugin import System
from tests.stack.post_box import open_post_box

#: Routes that show what is Ana's, and what of hers is asked for.
SHOWN: Final = {
    "GET /v1/accounts": "?owner_id={ana}",
    "GET /v1/accounts/{account_id}": "account",
    "GET /v1/accounts/{account_id}/balance": "account",
    "GET /v1/accounts/{account_id}/entries": "account",
    "GET /v1/accounts/{account_id}/explain": "account",
    "GET /v1/accounts/{account_id}/policies": "account",
    "GET /v1/accounts/{account_id}/policy": "account",
    "GET /v1/accounts/{account_id}/statement": "account",
    "GET /v1/accounts/{account_id}/statement.csv": "account",
    "GET /v1/accounts/{account_id}/statement.pdf": "account",
    "GET /v1/account-groups/{group_id}": "group",
    "GET /v1/account-groups/{group_id}/balance": "group",
    "GET /v1/account-groups/{group_id}/members": "group",
    "GET /v1/escrows/{escrow_id}": "escrow",
    "GET /v1/gifts": "?account_id={account}&direction=given",
    "GET /v1/gifts/{gift_id}": "gift",
    "GET /v1/issuances/requests": "",
    "GET /v1/monitors": "",
    "GET /v1/monitors/{monitor_id}": "operators_monitor",
    "GET /v1/refused-attempts": "?account={account}",
    "GET /v1/reservations": "?account_id={account}",
    "GET /v1/reservations/{reservation_id}": "reservation",
    "GET /v1/scheduled-transfers": "?account_id={account}",
    "GET /v1/scheduled-transfers/{scheduled_id}": "scheduled",
    "GET /v1/statements": "",
    "GET /v1/statements/{statement_id}": "operators_statement",
    "GET /v1/transfers/{transfer_id}": "transfer",
    "GET /v1/transfers/{transfer_id}/proof": "transfer",
    "GET /v1/items/{item_id}/reports": "bens_item",
    "GET /v1/trades/{trade_id}": "trade",
    "GET /v1/trades/{trade_id}/messages": "disputed",
    "GET /v1/trades/{trade_id}/statements": "disputed",
    "GET /v1/users/{user_id}/roles": "ana",
}
#: Where what an operator sees of others takes a while to come about.
ELSEWHERE: Final = {
    "GET /v1/trades": "marketplace/tests/trades/test_verbs.py: those that do not move",
    "GET /v1/trades/{trade_id}/ratings": "marketplace/tests/ratings: a disputed trade has none",
}
#: One's own, whoever one is.
OWN: Final = frozenset(
    {
        "GET /v1/account-groups",
        "GET /v1/events",
        "GET /v1/exchanges",
        "GET /v1/images",
        "GET /v1/images/quota",
        "GET /v1/images/{image_id}",
        "GET /v1/item-reports/mine",
        "GET /v1/me",
        "GET /v1/me/access-log",
        "GET /v1/me/api-keys",
        "GET /v1/me/compliance",
        "GET /v1/me/exports",
        "GET /v1/me/exports/{export_id}",
        "GET /v1/me/identities",
        "GET /v1/me/notification-preferences",
        "GET /v1/me/profile",
        "GET /v1/me/second-factor",
        "GET /v1/me/vault",
        "GET /v1/me/vault/{field}",
        "GET /v1/notifications",
        "GET /v1/saved-searches",
        "GET /v1/search/mine",
        "GET /v1/sessions",
        "GET /v1/watches",
        "GET /v1/webhooks/endpoints",
        "GET /v1/webhooks/endpoints/{endpoint_id}/deliveries",
        "GET /v1/webhooks/endpoints/{endpoint_id}/secrets",
    }
)
#: Shown to every member alike: no power is used.
OPEN: Final = frozenset(
    {
        "GET /v1/categories",
        "GET /v1/checkpoints/key",
        "GET /v1/checkpoints/latest",
        "GET /v1/checkpoints/{size}",
        "GET /v1/checkpoints/{size}/consistency",
        "GET /v1/exchange-rates",
        "GET /v1/fee-schedules",
        "GET /v1/items",
        "GET /v1/items/{item_id}",
        "GET /v1/members/{user_id}/ratings",
        "GET /v1/members/{user_id}/reputation",
        "GET /v1/search",
        "GET /v1/search/demand",
        "GET /v1/suggest",
    }
)
#: The office's own papers, and why they are nobody's data.
OFFICE: Final = {
    "GET /v1/compliance-overrides": "what operators asked for; a standing itself is a reading",
    "GET /v1/history-imports/{import_id}": "how far an import is",
    "GET /v1/images/report": "counts, and objects that lie where none should",
    "GET /v1/item-reports": "items on offer to all; a seller is not warned of an open report",
    "GET /v1/notifications/mails": "what became of a mail, without its address and words",
    "GET /v1/reconciliation/accounts": "the community's own accounts",
    "GET /v1/reconciliation/accounts/{account_id}/decisions": "the community's own accounts",
    "GET /v1/reconciliation/accounts/{account_id}/proposals": "the community's own accounts",
    "GET /v1/reconciliation/accounts/{account_id}/runs": "the community's own accounts",
    "GET /v1/reconciliation/accounts/{account_id}/statements": "the community's own accounts",
    "GET /v1/reconciliation/accounts/{account_id}/summary": "the community's own accounts",
    "GET /v1/reconciliation/accounts/{account_id}/suspense": "the community's own accounts",
    "GET /v1/reconciliation/differences": "where two services do not agree, by ids of trades",
    "GET /v1/search/parity": "counts",
    "GET /v1/search/reindexings": "how far an index is",
    "GET /v1/search/reindexings/{reindexing_id}": "how far an index is",
    "GET /v1/search/report": "what was searched for, by nobody's name",
    "GET /v1/search/synonyms": "words",
    "GET /v1/search/synonyms/changes": "words, and which operator changed them",
}
POWER: Final = {"OPERATOR", "ADMIN"}
READS: Final = {
    f"{one.method} {one.path}": one.roles
    for one in guarded()
    if one.method == "GET" and one.roles & POWER and ANYONE not in one.roles
}
WHY: Final = "Ana asked where her payment is"


def test_every_route_that_operators_read_is_accounted_for() -> None:
    """A new one fails here until it logs its looks, or it is said why it has none."""
    named = [*SHOWN, *ELSEWHERE, *OWN, *OPEN, *OFFICE]
    assert sorted(named) == sorted(READS)


def test_what_is_open_is_open_to_members() -> None:
    """An operator sees there what everybody sees."""
    assert {route for route in OPEN | OWN if "MEMBER" not in READS[route]} == set()


@pytest.fixture(scope="module")
async def office(system: System) -> AsyncIterator[tuple[LocalEx, LocalEx, dict[str, str]]]:
    """The operator, Ana, and what there is of Ana's to look at."""
    async with AsyncExitStack() as stack:
        program = stack.enter_context(open_post_box())
        ana = await stack.enter_async_context(somebody(system, "Ana", credits="90.00"))
        ben = await stack.enter_async_context(somebody(system, "Ben"))
        desk = await stack.enter_async_context(operator(system))
        things = await things_of(ana, ben, program.url) | {"ana": str(ana.user.id)}
        things["bens_item"] = str((await ana.client.get_trade(UUID(things["trade"]))).item_id)
        account = UUID(things["account"])
        with suppress(ProblemError):
            await ana.client.transfer(account, "10000.00", to_user=ben.user.id)
        await ana.client.report_item(UUID(things["bens_item"]), "spam")
        await ana.client.dispute(UUID(things["trade"]), "nothing came")
        await desk.issue(ana.user.id, "100001.00", reason=WHY)
        monitor = await desk.watch(account, "below", "1.00")
        statement = await desk.order_statement(account, "csv", month="2026-01")
        things |= {
            "operators_monitor": str(monitor.id),
            "operators_statement": str(statement.id),
            "disputed": things["trade"],
        }
        yield desk, ana.client, things


async def ask(desk: LocalEx, route: str, what: str, things: dict[str, str]) -> tuple[int, Any]:
    """Status and text of one read."""
    path = route.removeprefix("GET ")
    if "{" in path:
        head, _, rest = path.partition("{")
        path = head + things[what] + rest.partition("}")[2]
    query = dict(CASES[route].query) if route in CASES else {}
    if what.startswith("?"):
        query = dict(parse_qsl(what[1:].format(**things)))
    answer = await desk.send("GET", path, query=query)
    return answer.status_code, answer.text


@pytest.mark.parametrize("route", sorted(SHOWN))
async def test_a_read_of_others_things_is_a_look(office: Any, route: str) -> None:
    """Without a reason nothing is shown; with one, she sees who looked at what, and why."""
    desk, ana, things = office
    desk.reason = None
    status, text = await ask(desk, route, SHOWN[route], things)
    assert (status, "reason-needed" in text) == (422, True), text
    desk.reason = f"{WHY}: {uuid4()}"
    status, text = await ask(desk, route, SHOWN[route], things)
    assert status == 200, text
    looks = (await ana.looks()).accesses
    assert looks[0].reason == desk.reason


@pytest.mark.parametrize("route", sorted(OWN - {"GET /v1/events"}))
async def test_what_is_ones_own_is_not_others(office: Any, route: str) -> None:
    """Asked by an operator for Ana's things it shows none of them, nor that there are any."""
    desk, _, things = office
    desk.reason = None
    thing = CASES[route].id if route in CASES else "ana"
    status, text = await ask(desk, route, thing, things)
    assert status in ((403, 404, 422) if "{" in route else (200,)), text
    assert "reason-needed" not in text
    if status == 200:
        assert [name for name, thing in things.items() if thing in text] == []
