"""A community that exchanges: rates in force, and liquidity behind them."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.ids import new_id
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api


async def add_rate(api: Api, **other: Any) -> Any:
    """A new version, as an operator."""
    plain = {
        "from_asset": "LXC",
        "to_asset": "USD",
        "rate": "1.0845",
        "spread_bps": 50,
        "source": "town council",
    }
    return await api.post("/v1/exchange-rates", new_id(), plain | other, role="OPERATOR")


async def supply(api: Api, amount: str, asset: str = "USD", direction: str = "in") -> Any:
    """Put money into the community's liquidity."""
    wish = {"direction": direction, "amount": amount, "asset": asset, "reason": "stock"}
    return await api.post("/v1/liquidity", new_id(), wish, role="OPERATOR")


async def open_market(books: Books, api: Api, liquidity: str = "1000.00", **rate: Any) -> None:
    """A rate that is in force now, and liquidity."""
    added = await add_rate(api, **rate)
    assert added.status_code == 201, added.text
    supplied = await supply(api, liquidity)
    assert supplied.status_code == 201, supplied.text
    books.clock.move(timedelta(seconds=10))


def wish(account: UUID, amount: str = "100.00", **other: Any) -> dict[str, Any]:
    """A wish to exchange LXC for USD."""
    plain = {"from_account": str(account), "amount": amount, "asset": "LXC", "to_asset": "USD"}
    return plain | other


async def exchange(api: Api, person: Any, key: str | None = None, **other: Any) -> Any:
    """Exchange something of a person's."""
    return await api.post(
        "/v1/exchanges", person.id, wish(person.main, **other), key=key or uuid4().hex
    )


async def quote(api: Api, person: Any, **other: Any) -> Any:
    """Ask what would come of it."""
    return await api.post("/v1/exchanges/quotes", person.id, wish(person.main, **other))


def problem_of(answer: Any) -> tuple[int, str]:
    """Status and name of a problem."""
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


async def standing(books: Books) -> dict[str, int]:
    """What each system account of the market has, by its type, name and asset."""
    rows = await books.rows(
        "SELECT concat_ws(' ', type, nullif(name, ''), asset) AS place, balance_minor "
        "FROM account_balances WHERE owner_id IS NULL"
    )
    return {row["place"]: int(row["balance_minor"]) for row in rows}
