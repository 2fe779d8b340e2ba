"""The kinds of load."""

import itertools
import random
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bench.ledger.clients import MakeRequest, get, head, post

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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account of the same id, as bytes on the wire."""

    id: UUID
    text: bytes
    #: Of each request but for its key and body, and whole.
    transfer: bytes
    bulk: bytes
    balance: bytes


def person(account: UUID, token: str) -> Person:
    """Everything of a person's requests that is always the same."""
    return Person(
        account,
        str(account).encode(),
        head("POST", "/v1/transfers", token),
        head("POST", "/v1/transfers/bulk", token),
        get(f"/v1/accounts/{account}/balance", token),
    )


def pick[P](name: str, people: list[P], count: int) -> tuple[P, list[P]]:
    """Who pays, and whom: one person a request."""
    hot = people[0]
    if name.endswith("hot_source"):
        return hot, [people[random.randrange(1, len(people))] for _ in range(count)]
    if name.endswith("hot_destination"):
        return people[random.randrange(1, len(people))], [hot] * count
    size = {"accounts50": 50, "accounts10": 10}.get(name, len(people))
    source, *targets = random.sample(range(size), count + 1)
    return people[source], [people[one] for one in targets]


def maker(setting: Setting, people: list[Person]) -> MakeRequest:
    """How the requests of a setting are made."""
    if setting.name == "balance":
        return lambda: random.choice(people).balance
    if setting.batch == 1:
        return lambda: _transfer(*pick(setting.name, people, 1))
    return lambda: _bulk(*pick(setting.name, people, setting.batch))


def warming(people: list[Person]) -> MakeRequest:
    """Everybody once, again and again: after a round all are known to the service."""
    everybody = itertools.cycle(itertools.pairwise([*people, people[0]]))

    def make() -> bytes:
        source, target = next(everybody)
        return _transfer(source, [target])

    return make


def _transfer(source: Person, targets: list[Person]) -> bytes:
    body = b'{"from_account":"%b","to_account":"%b","amount":"0.01","asset":"LXC"}' % (
        source.text,
        targets[0].text,
    )
    return post(source.transfer, body)


def _bulk(source: Person, targets: list[Person]) -> bytes:
    wish = b'{"from_account":"%b","to_account":"%b","amount":"0.01","asset":"LXC"}'
    wishes = b",".join(wish % (source.text, one.text) for one in targets)
    return post(source.bulk, b'{"mode":"independent","transfers":[%b]}' % wishes)
