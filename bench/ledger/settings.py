"""The kinds of load."""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson

from bench.ledger.clients import MakeRequest, get, post

BULK: Final = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """One kind of load."""

    name: str
    batch: int = 1
    #: With how many clients, when not all that are asked for.
    clients: tuple[int, ...] = ()


SINGLES: Final = ("uniform", "accounts50", "accounts10", "hot_source", "hot_destination")
SETTINGS: Final = {
    one.name: one
    for one in (
        *(Setting(name) for name in SINGLES),
        Setting("bulk_uniform", BULK, (1, 16)),
        Setting("bulk_hot_source", BULK, (1, 16)),
        Setting("balance", clients=(1, 16)),
    )
}


def pick(name: str, accounts: list[UUID], count: int) -> tuple[UUID, list[UUID]]:
    """Who pays, and whom: one person a request."""
    hot, others = accounts[0], accounts[1:]
    if name.endswith("hot_source"):
        return hot, random.choices(others, k=count)
    if name.endswith("hot_destination"):
        return random.choice(others), [hot] * count
    size = {"accounts50": 50, "accounts10": 10}.get(name, len(accounts))
    source, *targets = random.sample(accounts[:size], count + 1)
    return source, targets


def maker(setting: Setting, accounts: list[UUID], tokens: Mapping[UUID, str]) -> MakeRequest:
    """How the requests of a setting are made."""
    if setting.name == "balance":
        return lambda: _read(random.choice(accounts), tokens)
    if setting.batch == 1:
        return lambda: _transfer(*pick(setting.name, accounts, 1), tokens)
    return lambda: _bulk(*pick(setting.name, accounts, setting.batch), tokens)


def warming(accounts: list[UUID], tokens: Mapping[UUID, str]) -> MakeRequest:
    """Everybody once, again and again: after a round all are known to the service."""
    everybody = itertools.cycle(itertools.pairwise([*accounts, accounts[0]]))

    def make() -> bytes:
        source, target = next(everybody)
        return _transfer(source, [target], tokens)

    return make


def _read(account: UUID, tokens: Mapping[UUID, str]) -> bytes:
    return get(f"/v1/accounts/{account}/balance", tokens[account])


def _transfer(source: UUID, targets: list[UUID], tokens: Mapping[UUID, str]) -> bytes:
    body = b'{"from_account":"%b","to_account":"%b","amount":"0.01","asset":"LXC"}' % (
        str(source).encode(),
        str(targets[0]).encode(),
    )
    return post("/v1/transfers", tokens[source], body)


def _bulk(source: UUID, targets: list[UUID], tokens: Mapping[UUID, str]) -> bytes:
    wishes = [
        {"from_account": str(source), "to_account": str(one), "amount": "0.01", "asset": "LXC"}
        for one in targets
    ]
    body = orjson.dumps({"mode": "independent", "transfers": wishes})
    return post("/v1/transfers/bulk", tokens[source], body)
