"""Require that nothing is left between a person and others."""

from decimal import Decimal
from typing import Any, Final

from gateway.departures.errors import MoneyIsLeft, TradesAreOpen
from gateway.proxy.as_person import Asker, Source

_ACCOUNTS: Final = Source("accounts", "ledger", "/v1/accounts", "accounts", limit=200)
_OPEN: Final = (
    "offered",
    "accepted",
    "funded",
    "handed_over",
    "confirmed",
    "disputed",
    "refunding",
)
#: Of what is left, so many are named.
_NAMED_MAX: Final = 20


async def require_settled(asker: Asker) -> None:
    """Hold a person who leaves to having no open trade, and nothing on or held in any account.

    Args:
        asker: Asks ledger and marketplace in their name.

    Raises:
        TradesAreOpen: Somebody waits for them, or they for somebody. Told first: money may be
            theirs when a trade ends.
        MoneyIsLeft: An account is not empty.
        Transient: A service is away.
    """
    open_trades = [
        {"trade_id": trade["id"], "state": state}
        for state in _OPEN
        for trade in await _first(asker, _trades(state))
    ]
    if open_trades:
        raise TradesAreOpen(
            "end your open trades first: cancel, decline or confirm them",
            trades=open_trades[:_NAMED_MAX],
        )
    left: list[dict[str, Any]] = []
    async for page in asker.pages(_ACCOUNTS):
        left += [
            {name: account[name] for name in ("id", "type", "asset", "balance", "held")}
            for account in page
            if Decimal(account["balance"]) != 0 or Decimal(account["held"]) != 0
        ]
    if left:
        raise MoneyIsLeft(
            "spend or give away what is left first; what is held is free when its time is over",
            accounts=left[:_NAMED_MAX],
        )


def _trades(state: str) -> Source:
    query = {"state": state}
    return Source("trades", "marketplace", "/v1/trades", "trades", query=query, limit=_NAMED_MAX)


async def _first(asker: Asker, source: Source) -> list[dict[str, Any]]:
    """The first page: that there is one is enough."""
    async for page in asker.pages(source):
        return page
    return []
