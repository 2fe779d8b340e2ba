"""Operators stay in their community: every route of the ledger is asked by one of elsewhere.

What is of another community answers as what does not exist, and no list shows it; operators of that
community and administrators of any get it.
"""

from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import COMMUNITY
from services.ledger.tests.communities.conftest import FAR, World
from tests.roles.cases import Case
from tests.roles.routes import guarded

FAR_OPERATOR: Final = f"OPERATOR of {FAR}"
NEAR_OPERATOR: Final = f"OPERATOR of {COMMUNITY}"
FAR_ADMIN: Final = f"ADMIN of {FAR}"
MONTH: Final = {"month": "2026-11"}
REASON: Final = {"reason": "a test"}
LINES: Final = {"lines": [2], "entries": [], "reason": "a test"}
HOME: Final = "/v1/reconciliation/accounts/{account_id}"
ROWS: Final = [{"date": "2026-11-01", "reference": "a"}]
FILE: Final = {"format": "csv", "file_name": "b.csv", "opening": "8.00", "closing": "8.00"}
#: Ids in the address, in order; those behind the first stay as they are when it is exchanged.
CASES: Final = {
    "GET /v1/accounts/{account_id}": Case("account"),
    "GET /v1/accounts/{account_id}/balance": Case("account"),
    "GET /v1/accounts/{account_id}/entries": Case("account"),
    "GET /v1/accounts/{account_id}/explain": Case("account"),
    "GET /v1/accounts/{account_id}/policies": Case("account"),
    "GET /v1/accounts/{account_id}/policy": Case("account"),
    "PATCH /v1/accounts/{account_id}/policy": Case("account", {"ceiling": "9.00"} | REASON),
    "POST /v1/accounts/{account_id}/policy/{what}": Case("account freeze", REASON),
    "GET /v1/accounts/{account_id}/statement": Case(
        "account", query={"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
    ),
    "GET /v1/accounts/{account_id}/statement.csv": Case("account", query=MONTH),
    "GET /v1/accounts/{account_id}/statement.pdf": Case("account", query=MONTH),
    "POST /v1/accounts/{account_id}/statements": Case("account", {"form": "csv"} | MONTH),
    "GET /v1/transfers/{transfer_id}": Case("transfer"),
    "GET /v1/transfers/{transfer_id}/proof": Case("transfer"),
    "POST /v1/transfers/{transfer_id}/reverse": Case("transfer", REASON),
    "GET /v1/reservations/{reservation_id}": Case("kept"),
    "POST /v1/reservations/{reservation_id}/capture": Case("held", {"amount": "0.50"}),
    "POST /v1/reservations/{reservation_id}/release": Case("kept"),
    "GET /v1/gifts/{gift_id}": Case("gift"),
    "GET /v1/scheduled-transfers/{scheduled_id}": Case("scheduled"),
    "POST /v1/scheduled-transfers/{scheduled_id}/cancel": Case("scheduled"),
    "GET /v1/escrows/{escrow_id}": Case("escrow"),
    "GET /v1/account-groups/{group_id}": Case("group"),
    "GET /v1/account-groups/{group_id}/balance": Case("group"),
    "GET /v1/account-groups/{group_id}/members": Case("group"),
    "POST /v1/issuances/requests/{request_id}/approve": Case("asked"),
    "POST /v1/issuances/requests/{request_id}/reject": Case("dropped"),
    "GET /v1/history-imports/{import_id}": Case("import"),
    "PUT /v1/history-imports/{import_id}/rows": Case("import", {"first": 1, "rows": ROWS}),
    f"GET {HOME}/decisions": Case("provider"),
    f"POST {HOME}/decisions/{{undone}}/undo": Case("provider decision", REASON),
    f"POST {HOME}/ignored": Case("provider", LINES),
    f"POST {HOME}/matches": Case("provider", LINES),
    f"GET {HOME}/proposals": Case("provider"),
    f"POST {HOME}/proposals/{{proposal_id}}/approve": Case("provider proposal"),
    f"POST {HOME}/proposals/{{proposal_id}}/reject": Case("provider proposal"),
    f"GET {HOME}/runs": Case("provider"),
    f"POST {HOME}/runs": Case("provider"),
    f"POST {HOME}/runs/{{run_id}}/{{move}}": Case("provider run pause"),
    f"POST {HOME}/setup": Case("provider", REASON),
    f"GET {HOME}/statements": Case("provider"),
    f"POST {HOME}/statements": Case("provider", query=FILE),
    f"GET {HOME}/summary": Case("provider"),
    f"GET {HOME}/suspense": Case("provider"),
    f"POST {HOME}/write-offs": Case("provider", LINES),
}
#: Of the very person: operators of their own community have no part in it, either.
OWN: Final = {
    "POST /v1/escrows/{escrow_id}/price": Case("escrow", {"fee_quote": str(uuid4())}),
    "POST /v1/account-groups/{group_id}/members": Case("group", {"remove": [str(uuid4())]}),
    "GET /v1/monitors/{monitor_id}": Case("monitor"),
    "DELETE /v1/monitors/{monitor_id}": Case("monitor"),
    "GET /v1/statements/{statement_id}": Case("order"),
}
#: Lists, and what of Riverside is in each.
LISTS: Final = {
    "/v1/accounts?owner_id={ana}": "account",
    "/v1/accounts?type=MAIN&limit=200": "account",
    "/v1/accounts?asset=LXC&limit=200": "account",
    "/v1/accounts?community=riverside&limit=200": "account",
    "/v1/fee-schedules": "schedule",
    "/v1/issuances/requests": "asked",
    "/v1/reconciliation/accounts": "provider",
    "/v1/reconciliation/differences": "trade",
    "/v1/refused-attempts": "account",
    "/v1/refused-attempts?account={account}": "account",
    "/v1/refused-attempts?user={ana}": "ana",
    "/v1/refused-attempts?rule=only-operators-backdate": "ana",
    "/v1/reservations?account_id={account}": "kept",
    "/v1/scheduled-transfers?account_id={account}": "scheduled",
}
MONEY: Final = {"amount": "1.00", "asset": "LXC"}
LATE: Final = MONEY | {"effective_at": "2026-11-20T12:00:00Z"}
PAID_IN: Final = MONEY | REASON | {"template": "deposit", "channel": "cash"}
PAID_OUT: Final = PAID_IN | {"template": "withdrawal"}
WATCH: Final = {"kind": "below", "threshold": "2.00"}
#: What names an account or a person beside the address: the route, the field, the rest of the body.
NAMED: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("GET /v1/gifts", "account_id", {}),
    ("POST /v1/issuances", "to_account", MONEY | REASON),
    ("POST /v1/issuances", "to_user", MONEY | REASON),
    ("POST /v1/issuances?dry_run=true", "to_user", MONEY | REASON),
    ("POST /v1/issuances/burn", "from_account", MONEY | REASON),
    ("POST /v1/issuances/burn?dry_run=true", "from_account", MONEY | REASON),
    ("POST /v1/monitors", "account_id", WATCH),
    ("POST /v1/transfers", "from_account", LATE | {"to_user": "{ben}"}),
    ("POST /v1/transfers?dry_run=true", "from_account", LATE | {"to_user": "{ben}"}),
    ("POST /v1/transfers/templates", "to_account", PAID_IN),
    ("POST /v1/transfers/templates", "to_user", PAID_IN),
    ("POST /v1/transfers/templates?dry_run=true", "to_user", PAID_IN),
    ("POST /v1/transfers/templates", "from_account", PAID_OUT),
    ("POST /v1/transfers/templates?dry_run=true", "from_account", PAID_OUT),
)
#: Why a route is in none of these.
OPEN: Final = {
    "GET /v1/account-groups": "one's own",
    "POST /v1/account-groups": "empty, and one's own",
    "GET /v1/checkpoints/key": "of the whole ledger",
    "GET /v1/checkpoints/latest": "of the whole ledger",
    "GET /v1/checkpoints/{size}": "of the whole ledger",
    "GET /v1/checkpoints/{size}/consistency": "of the whole ledger",
    "GET /v1/exchange-rates": "of the whole ledger",
    "POST /v1/exchange-rates": "of the whole ledger",
    "GET /v1/exchanges": "those that one made",
    "POST /v1/exchanges": "from one's own account",
    "POST /v1/exchanges/quotes": "from one's own account",
    "POST /v1/fee-schedules": "names a community; tried below",
    "POST /v1/fees/quotes": "at the prices of one's own community",
    "POST /v1/gifts": "from one's own account",
    "POST /v1/gifts/spend": "from one's own account",
    "POST /v1/history-imports": "names a community; tried below",
    "POST /v1/liquidity": "that of one's own community",
    "GET /v1/monitors": "one's own",
    "POST /v1/reservations": "in one's own account",
    "GET /v1/statements": "what one ordered",
    "POST /v1/transfers/bulk": "as POST /v1/transfers; tried below",
}


def test_every_route_is_tried_or_says_why_not() -> None:
    """A new one fails here."""
    routes = {f"{one.method} {one.path}" for one in guarded() if one.service == "ledger"}
    lists = {f"GET {path.partition('?')[0]}" for path in LISTS}
    named = {route.partition("?")[0] for route, _, _ in NAMED}
    tried = {*CASES, *OWN, *lists, *named}
    assert tried | {*OPEN} == routes
    assert not tried & {*OPEN}


async def ask(world: World, who: str, route: str, first: str = "") -> Any:
    """Try a route on its things; `first` instead of the first of them."""
    method, _, path = route.partition(" ")
    case = (CASES | OWN)[route]
    things = [world.ids.get(name, name) for name in case.id.split()]
    for thing in [first or things[0], *things[1:]]:
        head, _, rest = path.partition("{")
        path = head + thing + rest.partition("}")[2]
    query = "&".join(f"{name}={value}" for name, value in case.query.items())
    body: Any = None if method in ("GET", "DELETE") else dict(case.body)
    if case.query is FILE:
        body = b"Date,Amount,Reference,Text"
    return await world.ask(method, f"{path}?{query}", world.token(who), body)


@pytest.mark.parametrize("route", sorted(CASES | OWN))
async def test_there_is_no_such_thing_in_another_community(world: World, route: str) -> None:
    """To an operator of elsewhere the answer is that of an id that was never given."""
    thing, never = world.ids[(CASES | OWN)[route].id.split()[0]], str(uuid4())
    answer, unknown = [await ask(world, FAR_OPERATOR, route, one) for one in (thing, never)]
    assert answer.status_code == 404, answer.text
    assert answer.text.replace(thing, never) == unknown.text


@pytest.mark.parametrize("route", sorted(CASES))
@pytest.mark.parametrize("who", [NEAR_OPERATOR, FAR_ADMIN])
async def test_it_is_there_for_its_operators_and_for_administrators(
    world: World, route: str, who: str
) -> None:
    """So that what is asked for in vain is real; what was done before is refused as that."""
    answer = await ask(world, who, route)
    assert answer.is_success or answer.status_code in (409, 422), answer.text
    if route.startswith("GET ") and not route.endswith("/proof"):
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("route", sorted(OWN))
async def test_what_is_a_persons_own_is_there_for_them_alone(world: World, route: str) -> None:
    """Operators of their community are told that there is none, too."""
    assert (await ask(world, NEAR_OPERATOR, route)).status_code == 404
    assert (await ask(world, "ana", route)).status_code != 404


@pytest.mark.parametrize("path", LISTS)
async def test_no_list_shows_what_another_community_has(world: World, path: str) -> None:
    """Not one of its ids; its operators and administrators see what is there."""
    url = path.format(**world.ids)
    answer = await world.ask("GET", url, world.token(FAR_OPERATOR))
    assert answer.status_code == 200, answer.text
    assert [name for name, one in world.ids.items() if one in answer.text] == []
    for who in (NEAR_OPERATOR, FAR_ADMIN):
        answer = await world.ask("GET", url, world.token(who))
        assert world.ids[LISTS[path]] in answer.text, who


async def test_differences_of_another_community_are_not_counted(world: World) -> None:
    """A count would tell of it."""
    counted = [
        (await world.ask("GET", "/v1/reconciliation/differences", world.token(who))).json()
        for who in (FAR_OPERATOR, NEAR_OPERATOR)
    ]
    assert [one["trades_known"] for one in counted] == [0, 1]
    assert [one["open"] for one in counted] == [{}, {"trade-without-escrow": 1}]


async def name(world: World, who: str, at: int, thing: str) -> Any:
    """Name an account or a person in a request."""
    route, field, rest = NAMED[at]
    method, _, url = route.partition(" ")
    body = {key: str(value).format(**world.ids) for key, value in rest.items()} | {field: thing}
    if method == "GET":
        return await world.ask(method, f"{url}?{field}={thing}", world.token(who))
    return await world.ask(method, url, world.token(who), body)


@pytest.mark.parametrize("at", range(len(NAMED)), ids=[f"{one[0]} {one[1]}" for one in NAMED])
async def test_accounts_of_another_community_cannot_be_named(world: World, at: int) -> None:
    """The answer is that of an account or person nobody knows; and nothing moves."""
    thing = world.ids["bens" if "account" in NAMED[at][1] else "ben"]
    before = await world.books.value("SELECT count(*) FROM entry")
    answer, unknown = [await name(world, FAR_OPERATOR, at, one) for one in (thing, str(uuid4()))]
    assert "no-such-account" in answer.text
    assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text)
    assert await world.books.value("SELECT count(*) FROM entry") == before
    for who in (NEAR_OPERATOR, FAR_ADMIN):
        assert "no-such-account" not in (await name(world, who, at, thing)).text


async def test_a_bulk_reaches_no_further(world: World) -> None:
    """A late entry in it is refused as one from an account that nobody has."""

    def bulk(source: str) -> dict[str, Any]:
        one = LATE | {"from_account": source, "to_user": world.ids["ana"]}
        return {"mode": "independent", "transfers": [one]}

    told = [
        (await world.ask("POST", "/v1/transfers/bulk", world.token(FAR_OPERATOR), bulk(one))).json()
        for one in (world.ids["bens"], str(uuid4()))
    ]
    assert told[0] == told[1]
    assert told[0]["results"][0]["problem"]["type"].endswith(":no-such-account")


@pytest.mark.parametrize("community", [COMMUNITY, "nowhere", None])
async def test_prices_are_made_for_ones_own_community(world: World, community: str | None) -> None:
    """For others, whether they exist or not, and for all an administrator makes them."""
    wish: dict[str, Any] = {"operation": "exchange", "community": community, "rules": []} | REASON
    answer = await world.ask("POST", "/v1/fee-schedules", world.token(FAR_OPERATOR), wish)
    assert (answer.status_code, answer.json()["needs"]) == (403, ["ADMIN"])
    answer = await world.ask("POST", "/v1/fee-schedules", world.token(FAR_ADMIN), wish)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("community", [COMMUNITY, "nowhere"])
async def test_history_is_brought_into_ones_own_community(world: World, community: str) -> None:
    """Into others, whether they exist or not, by an administrator."""
    wish = {"name": f"of-{community}", "community": community}
    answer = await world.ask("POST", "/v1/history-imports", world.token(FAR_OPERATOR), wish)
    assert (answer.status_code, answer.json()["needs"]) == (403, ["ADMIN"])
    answer = await world.ask("POST", "/v1/history-imports", world.token(FAR_ADMIN), wish)
    assert answer.status_code == 201, answer.text


async def test_rows_of_history_reach_no_further(world: World) -> None:
    """A row that pays or takes from somebody of elsewhere is refused as one of nobody."""
    token = world.token(FAR_OPERATOR)
    wish = {"name": "theirs", "community": FAR}
    begun = (await world.ask("POST", "/v1/history-imports", token, wish)).json()
    bens, outside, nobody = world.ids["bens"], "system:old-bank", str(uuid4())
    sides = [(outside, bens), (bens, outside), (outside, f"user:{world.ids['ben']}")]
    sides += [(outside, nobody), (nobody, outside), (outside, f"user:{uuid4()}")]
    rows = [
        MONEY | {"reference": str(at), "effective_at": LATE["effective_at"], "from": one, "to": two}
        for at, (one, two) in enumerate(sides)
    ]
    before = await world.books.balance(UUID(bens))
    path = f"/v1/history-imports/{begun['id']}/rows"
    told = (await world.ask("PUT", path, token, {"first": 1, "rows": rows})).json()
    assert (told["posted"], told["refused"]) == (0, 6)
    rules = [(one["field"], one["rule"], one["message"]) for one in told["refusals"]]
    assert rules[:3] == rules[3:]
    assert {rule for _, rule, _ in rules} == {"no-such-account"}
    assert await world.books.balance(UUID(bens)) == before


async def test_a_group_over_two_communities_is_for_administrators(world: World) -> None:
    """Nobody adds what is beyond their reach, and who owns it may not count it any more."""
    token, group = world.api.token, f"/v1/account-groups/{world.ids['group']}"
    ana = UUID(world.ids["ana"])
    beyond = {"add": [str(world.eve.main)]}
    answer = await world.ask("POST", f"{group}/members", token(ana, "OPERATOR"), beyond)
    assert answer.status_code == 404, answer.text
    answer = await world.ask("POST", f"{group}/members", token(ana, "ADMIN"), beyond)
    assert answer.status_code == 200, answer.text
    for path in (group, f"{group}/members", f"{group}/balance"):
        assert (await world.ask("GET", path, world.token(NEAR_OPERATOR))).status_code == 404
        assert (await world.ask("GET", path, world.token(FAR_ADMIN))).status_code == 200
    own = await world.ask("GET", f"{group}/balance", token(ana, "OPERATOR"))
    assert own.json()["type"].endswith(":others-in-group")


async def test_a_monitor_shows_no_more_than_its_role(world: World) -> None:
    """Who was an administrator sees nothing of elsewhere, and may end it."""
    token, somebody = world.api.token, new_id()
    wish = WATCH | {"account_id": str(world.eve.main)}
    made = await world.ask("POST", "/v1/monitors", token(somebody, "ADMIN"), wish)
    path = f"/v1/monitors/{made.json()['id']}"
    operator = token(somebody, "OPERATOR")
    assert (await world.ask("GET", path, operator)).status_code == 404
    assert (await world.ask("GET", "/v1/monitors", operator)).json()["monitors"] == []
    assert (await world.ask("DELETE", path, operator)).status_code == 204


async def test_of_a_transfer_over_two_communities_one_side_is_shown(world: World) -> None:
    """It is seen by both, without the balance of elsewhere, and reversed by neither."""
    transfer = await world.books.value(
        "SELECT transfer_id FROM entry WHERE account_id = $1", world.eve.main
    )
    path = f"/v1/transfers/{transfer}"
    for who in (FAR_OPERATOR, NEAR_OPERATOR):
        seen = (await world.ask("GET", path, world.token(who))).json()
        shown = {
            one["account_id"] == str(world.eve.main): one["balance_after"] is not None
            for one in seen["entries"]
        }
        assert shown == {True: who == FAR_OPERATOR, False: who == NEAR_OPERATOR}
        answer = await world.ask("POST", f"{path}/reverse", world.token(who), REASON)
        assert answer.status_code == 404, answer.text
    done = await world.ask("POST", f"{path}/reverse", world.token(FAR_ADMIN), REASON)
    assert done.status_code == 201, done.text
