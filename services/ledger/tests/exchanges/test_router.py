"""Exchanges over HTTP: rates, quotes, the exchange itself, and everything that cannot be."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.ids import new_id
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.conftest import Api
from services.ledger.tests.exchanges.market import (
    add_rate,
    exchange,
    open_market,
    problem_of,
    quote,
    standing,
    supply,
    wish,
)


async def test_an_amount_is_exchanged_and_itemised(own_books: Books, own_api: Api) -> None:
    """100.00 at 1.0845 less half a per cent: 107.90 bought, 0.54 spread, a cent of rounding."""
    await open_market(own_books, own_api)
    ana = await own_books.open_person(20_000)
    made = await exchange(own_api, ana, memo="for the journey")
    assert made.status_code == 201, made.text
    told = made.json()
    amounts = [(one["amount"], one["asset"], one["account_type"]) for one in told["entries"]]
    assert amounts == [
        ("-100.00", "LXC", "MAIN"),
        ("100.00", "LXC", "PROVIDER"),
        ("-108.45", "USD", "PROVIDER"),
        ("107.90", "USD", "MAIN"),
        ("0.54", "USD", "FEES"),
        ("0.01", "USD", "FEES"),
    ]
    terms = told["exchange"]
    parts = [terms[name] for name in ("sold", "bought", "spread", "residue", "rate", "spread_bps")]
    assert parts == ["100.00", "107.90", "0.54", "0.01", "1.0845", 50]
    assert (terms["source"], told["kind"]) == ("town council", "exchange")
    assert (await own_api.get(f"/v1/transfers/{told['id']}", ana.id)).json()["exchange"] == terms
    stands = await standing(own_books)
    assert stands == {
        "TRANSIT outside LXC": -20_000,
        "PROVIDER LIQUIDITY LXC": 10_000,
        "PROVIDER LIQUIDITY USD": 100_000 - 10_845,
        "TRANSIT LIQUIDITY USD": -100_000,
        "FEES SPREAD USD": 54,
        "FEES ROUNDING USD": 1,
    }
    [said] = await own_books.rows("SELECT payload, key FROM outbox WHERE topic LIKE '%exchanges%'")
    assert (said["key"], '"bought_minor":"10790"' in said["payload"]) == (told["id"], True)
    await own_books.check()


async def test_entries_and_explanation_show_the_exchange(books: Books, api: Api) -> None:
    """Whoever reads the account later sees at which rate, from where, and what became of it."""
    await open_market(books, api, from_asset="LXC", valid_from=str(NOW + timedelta(days=40)))
    books.clock.move(timedelta(days=41))
    ana = await books.open_person(20_000)
    told = (await exchange(api, ana)).json()
    for path in (f"/v1/accounts/{ana.main}/entries", f"/v1/accounts/{ana.main}/explain"):
        entry = (await api.get(path, ana.id)).json()["entries"][0]
        assert (entry["exchange"], entry["kind"]) == (told["exchange"], "exchange"), path
    accounts = (await api.get("/v1/accounts", ana.id)).json()["accounts"]
    assert {one["asset"]: one["balance"] for one in accounts if one["type"] == "MAIN"} == {
        "LXC": "100.00",
        "USD": "107.90",
    }


async def test_a_quote_holds_while_the_rate_moves(own_books: Books, own_api: Api) -> None:
    """What was promised is what is done, once, whatever the rate has become."""
    books, api = own_books, own_api
    await open_market(books, api)
    ana = await books.open_person(50_000)
    await add_rate(api, rate="0.5", valid_from=str(books.clock.now() + timedelta(seconds=20)))
    books.clock.move(timedelta(seconds=19))
    promised = (await quote(api, ana)).json()
    assert (promised["bought"], promised["residue"]) == ("107.90", "0.01")
    books.clock.move(timedelta(seconds=5))
    key = uuid4().hex
    made = await exchange(api, ana, key, quote=promised["id"])
    assert made.json()["exchange"]["bought"] == "107.90"
    assert problem_of(await exchange(api, ana, quote=promised["id"])) == (
        409,
        "exchange-quote-used",
    )
    books.clock.move(timedelta(minutes=2))
    again = await exchange(api, ana, key, quote=promised["id"])
    assert (again.content, again.headers["idempotency-replayed"]) == (made.content, "true")
    now = (await exchange(api, ana)).json()["exchange"]
    assert (now["bought"], now["spread"], now["residue"]) == ("49.75", "0.25", "0.00")
    await books.check()


async def test_a_quote_that_does_not_hold_is_refused(own_books: Books, own_api: Api) -> None:
    """Another's, for something else, or over: each has its name."""
    books, api = own_books, own_api
    await open_market(books, api)
    ana, ben = await books.open_person(50_000), await books.open_person(50_000)
    promised = (await quote(api, ana)).json()["id"]
    assert problem_of(await exchange(api, ben, quote=promised))[1] == "no-such-exchange-quote"
    differs = await exchange(api, ana, quote=promised, amount="99.99")
    assert problem_of(differs) == (409, "exchange-quote-differs")
    assert differs.json()["differs"] == ["amount"]
    books.clock.move(timedelta(seconds=60))
    assert problem_of(await exchange(api, ana, quote=promised))[1] == "exchange-quote-expired"
    assert await books.value("SELECT count(*) FROM exchange") == 0


async def test_exchanges_are_listed_to_whoever_made_them(own_books: Books, own_api: Api) -> None:
    """Newest first, a page at a time, with what each cost; nobody sees another's, nor operators."""
    await open_market(own_books, own_api)
    ana, ben = await own_books.open_person(50_000), await own_books.open_person(50_000)
    promised = (await quote(own_api, ana)).json()
    first = (await exchange(own_api, ana, quote=promised["id"])).json()
    second = (await exchange(own_api, ana, amount="50.00")).json()
    await exchange(own_api, ben)
    page = (await own_api.get("/v1/exchanges?limit=1", ana.id)).json()
    assert [one["transfer_id"] for one in page["exchanges"]] == [second["id"]]
    path = f"/v1/exchanges?limit=1&cursor={page['next_cursor']}"
    last = (await own_api.get(path, ana.id)).json()
    (told,) = last["exchanges"]
    assert (told["transfer_id"], last["next_cursor"]) == (first["id"], None)
    terms = ("sold", "bought", "to_asset", "spread", "residue", "rate", "rate_id", "source")
    assert {name: told[name] for name in terms} == {name: promised[name] for name in terms}
    assert (told["amount"], told["asset"], told["quote_id"]) == ("100.00", "LXC", promised["id"])
    seen = (await own_api.get("/v1/exchanges", new_id(), role="OPERATOR")).json()
    assert seen == {"exchanges": [], "next_cursor": None}


async def test_one_quote_makes_one_exchange_under_a_race(own_books: Books, own_api: Api) -> None:
    """Eight tries with eight keys: one wins, and the money moved once."""
    await open_market(own_books, own_api)
    ana = await own_books.open_person(100_000)
    promised = (await quote(own_api, ana)).json()["id"]
    answers = await asyncio.gather(*(exchange(own_api, ana, quote=promised) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 7
    assert await own_books.balance(ana.main) == 90_000
    await own_books.check()


async def test_fees_come_first(own_books: Books, own_api: Api) -> None:
    """A schedule for exchanges takes its share of what is sold; the rest is exchanged."""
    books, api = own_books, own_api
    rules = [{"tier": "PROVIDER", "kind": "percentage", "bps": 100}]
    version = {"operation": "exchange", "asset": "LXC", "rules": rules, "reason": "first"}
    assert (await api.post("/v1/fee-schedules", new_id(), version, role="ADMIN")).is_success
    await open_market(books, api, rate="2", spread_bps=0)
    api.forget_prices()
    ana = await books.open_person(20_000)
    promised = (await quote(api, ana)).json()
    assert (promised["fees"], promised["sold"], promised["bought"]) == (
        [{"tier": "PROVIDER", "amount": "1.00"}],
        "99.00",
        "198.00",
    )
    made = (await exchange(api, ana, quote=promised["id"])).json()
    assert (made["fees"], made["exchange"]["bought"]) == (promised["fees"], "198.00")
    assert (await standing(books))["FEES PROVIDER LXC"] == 100
    await books.check()


async def test_what_the_community_lacks_cannot_be_bought(own_books: Books, own_api: Api) -> None:
    """Liquidity has a floor; how much there is, the customer is not told."""
    await open_market(own_books, own_api, "108.44")
    ana = await own_books.open_person(20_000)
    refused = await exchange(own_api, ana)
    assert problem_of(refused) == (409, "not-enough-liquidity")
    assert "108.44" not in refused.text
    assert await own_books.balance(ana.main) == 20_000
    tried = await own_books.rows("SELECT rule, kind FROM refused_attempt")
    assert [tuple(one) for one in tried] == [("insufficient-funds", "exchange")]
    assert problem_of(await supply(own_api, "108.45", direction="out"))[0] == 409
    assert (await supply(own_api, "0.01")).status_code == 201
    assert (await exchange(own_api, ana)).status_code == 201
    assert (await standing(own_books))["PROVIDER LIQUIDITY USD"] == 0


async def test_a_dry_run_shows_and_writes_nothing(own_books: Books, own_api: Api) -> None:
    """Terms, entries and one's own balances, also of the account that would be opened."""
    await open_market(own_books, own_api)
    ana = await own_books.open_person(20_000)
    before = await own_books.value("SELECT count(*) FROM account")
    path = "/v1/exchanges?dry_run=true"
    seen = (await own_api.post(path, ana.id, wish(ana.main))).json()
    assert (seen["status"], seen["exchange"]["bought"]) == ("posted", "107.90")
    after = {one["asset"]: one["balance_after"] for one in seen["balances"]}
    assert after == {"LXC": "100.00", "USD": "107.90"}
    poor = (await own_api.post(path, ana.id, wish(ana.main, "200.01"))).json()
    assert poor["problem"]["type"].endswith("insufficient-funds")
    rich = await own_books.open_person(1_000_000)
    short = (await own_api.post(path, rich.id, wish(rich.main, "9000.00"))).json()
    assert short["problem"]["type"].endswith("not-enough-liquidity")
    assert "1000.00" not in str(short)
    none = (await own_api.post(path, ana.id, wish(ana.main, to_asset="INR"))).json()
    assert (none["status"], none["problem"]["from_asset"]) == ("refused", "LXC")
    assert await own_books.value("SELECT count(*) FROM account") - before == 3
    assert await own_books.value("SELECT count(*) FROM exchange") == 0


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"amount": "0.00"}, (422, "malformed")),
        ({"amount": "1.001"}, (422, "malformed")),
        ({"amount": "-1.00"}, (422, "malformed")),
        ({"amount": "9" * 37}, (422, "malformed")),
        ({"amount": "9" * 36}, (409, "exchange-too-large")),
        ({"amount": "200.01"}, (409, "insufficient-funds")),
        ({"asset": "GOLD"}, (422, "malformed")),
        ({"to_asset": "GOLD"}, (422, "malformed")),
        ({"to_asset": "LXC"}, (409, "same-asset")),
        ({"to_asset": "EUR"}, (409, "no-exchange-rate")),
        ({"asset": "EUR"}, (409, "wrong-asset")),
        ({"from_account": str(UUID(int=9))}, (404, "no-such-account")),
        ({"quote": str(UUID(int=9))}, (404, "no-such-exchange-quote")),
        ({"quote": "x"}, (422, "malformed")),
        ({"memo": ""}, (422, "malformed")),
        ({"rate": "2"}, (422, "malformed")),
    ],
)
async def test_what_cannot_be_is_named(
    books: Books, api: Api, other: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Each has its name, and nothing is written."""
    if not await books.value("SELECT count(*) FROM exchange_rate WHERE to_asset = 'ETH'"):
        await add_rate(api, to_asset="ETH", rate="1")
        assert (await supply(api, "9" * 15, "ETH")).status_code == 201
    books.clock.move(timedelta(days=50))
    ana = await books.open_person(20_000)
    before = await books.value("SELECT count(*) FROM exchange")
    answer = await exchange(api, ana, **({"to_asset": "ETH"} | other))
    assert problem_of(answer) == expected
    assert await books.value("SELECT count(*) FROM exchange") == before


async def test_so_little_that_nothing_comes_of_it(own_books: Books, own_api: Api) -> None:
    """A cent of what is worth a thousandth of the other asset buys nothing."""
    await open_market(own_books, own_api, rate="0.001", spread_bps=0)
    ana = await own_books.open_person(20_000)
    assert problem_of(await exchange(own_api, ana, amount="9.99"))[1] == "exchange-too-small"
    made = await exchange(own_api, ana, amount="10.00")
    assert made.json()["exchange"]["bought"] == "0.01"


async def test_a_gift_is_not_exchanged(books: Books, api: Api) -> None:
    """Money is exchanged from main accounts."""
    ana = await books.open_person()
    answer = await api.post("/v1/exchanges", ana.id, wish(ana.gift))
    assert problem_of(answer) == (409, "not-a-main-account")


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"rate": "0"}, (422, "malformed")),
        ({"rate": "1/0"}, (422, "malformed")),
        ({"rate": "-1"}, (422, "malformed")),
        ({"rate": "1e3"}, (422, "malformed")),
        ({"rate": 1.5}, (422, "malformed")),
        ({"rate": "1" * 19}, (422, "malformed")),
        ({"spread_bps": 10_000}, (422, "malformed")),
        ({"spread_bps": 0.5}, (422, "malformed")),
        ({"from_asset": "GOLD"}, (422, "malformed")),
        ({"to_asset": "LXC"}, (409, "same-asset")),
        ({"source": ""}, (422, "malformed")),
        ({"valid_from": NOW.isoformat()}, (409, "rate-in-the-past")),
        ({"valid_from": "2026-12-01T00:00:00"}, (422, "malformed")),
        ({"valid_until": NOW.isoformat()}, (422, "malformed")),
    ],
)
async def test_a_rate_that_cannot_be_is_refused(
    own_books: Books, own_api: Api, other: dict[str, Any], expected: tuple[int, str]
) -> None:
    """Each has its name, and nothing is written."""
    assert problem_of(await add_rate(own_api, **other)) == expected
    assert await own_books.value("SELECT count(*) FROM exchange_rate") == 0


async def test_rates_are_versions(own_books: Books, own_api: Api) -> None:
    """The operators' to add, everybody's to read, one a time, and over when they say so."""
    books, api = own_books, own_api
    plain = {"from_asset": "LXC", "to_asset": "USD", "rate": "1", "source": "me"}
    assert (await api.post("/v1/exchange-rates", new_id(), plain)).status_code == 403
    assert (await api.post("/v1/liquidity", new_id(), {})).status_code == 403
    over = NOW + timedelta(minutes=1)
    first = await add_rate(api, rate="13/12", valid_until=over.isoformat())
    assert problem_of(await add_rate(api))[1] == "rate-exists"
    shown = (await api.get("/v1/exchange-rates?from_asset=LXC", new_id())).json()
    assert shown == {"rates": [first.json()], "next_cursor": None}
    assert first.json()["rate"] == "13/12"
    await supply(api, "100.00")
    ana = await books.open_person(20_000)
    assert problem_of(await exchange(api, ana))[1] == "no-exchange-rate"
    books.clock.move(timedelta(seconds=10))
    assert (await exchange(api, ana, amount="12.00")).json()["exchange"]["spread"] == "0.06"
    books.clock.move(timedelta(seconds=50))
    assert (await exchange(api, ana)).json()["over_at"] == over.isoformat()


async def test_an_exchange_is_reversed_whole(own_books: Books, own_api: Api) -> None:
    """An operator gives both assets back where they came from; a part would be of which?"""
    books, api = own_books, own_api
    await open_market(books, api)
    ana = await books.open_person(20_000)
    before = await standing(books)
    made = (await exchange(api, ana)).json()["id"]
    path = f"/v1/transfers/{made}/reverse"
    part = await api.post(path, new_id(), {"amount": "1.00"}, role="OPERATOR")
    assert problem_of(part) == (409, "part-of-many")
    assert (await api.post(path, new_id(), {}, role="OPERATOR")).status_code == 201
    after = await standing(books)
    assert {place: minor for place, minor in after.items() if minor} == {
        place: minor for place, minor in before.items() if minor
    }
    assert await books.balance(ana.main) == 20_000
    again = await api.post(path, new_id(), {}, role="OPERATOR")
    assert problem_of(again) == (409, "reversal-exceeds-original")
    await books.check()


async def test_a_fee_quote_is_not_for_exchanges(books: Books, api: Api) -> None:
    """What could not be kept is not promised: exchanges have quotes of their own."""
    wish = {"operation": "exchange", "amount": "1.00", "asset": "LXC"}
    answer = await api.post("/v1/fees/quotes", new_id(), wish)
    assert problem_of(answer) == (422, "malformed")
