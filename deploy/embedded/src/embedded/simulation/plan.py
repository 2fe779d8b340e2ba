"""What a seed means: a small world, people's wishes and faults, each with its time.

The same seed gives the same plan on every machine. A plan can be shortened by leaving steps out,
which is how a failing one is made readable.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

WISHES_MAX: Final = 22
FAULTS_MAX: Final = 7
SERVICES: Final = ("ledger", "marketplace")
TRADE_PATHS: Final = (
    ("accept", "hand-over", "confirm"),
    ("accept", "hand-over", "confirm"),
    ("accept", "hand-over"),
    ("accept",),
    ("accept", "cancel"),
    ("accept", "hand-over", "dispute", "resolve"),
    ("accept", "refund-part", "hand-over", "confirm"),
    ("accept", "hand-over", "dispute", "refund-part", "confirm"),
    ("accept", "dispute", "resolve"),
    ("decline",),
    ("cancel",),
    (),
)


@dataclass(frozen=True)
class Step:
    """Something that happens: a person's wish, or a fault.

    Attributes:
        number: Its place in the plan.
        at: Seconds from the beginning.
        kind: Such as `send` or `kill`.
        facts: What the kind needs to know.
    """

    number: int
    at: float
    kind: str
    facts: dict[str, Any]

    def __str__(self) -> str:
        said = " ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.at:7.3f} s  #{self.number:<3} {self.kind:<14} {said}"


@dataclass(frozen=True)
class Plan:
    """Everything that a run does not decide itself."""

    seed: int
    people: int
    wealth_minor: int
    pieces: int
    processes: tuple[int, int]
    patience_seconds: float
    steps: tuple[Step, ...]

    def only(self, numbers: frozenset[int]) -> "Plan":
        """The same world with some of the steps."""
        return replace(self, steps=tuple(one for one in self.steps if one.number in numbers))


def make_plan(seed: int) -> Plan:
    """The plan of a seed."""
    chance = Random(seed)
    people = chance.randint(2, 5)
    wealth = chance.choice((100, 5_000, 5_000, 10**6, 10**20))
    seconds = chance.choice((0.3, 0.8, 1.5))
    wishes = _wishes(chance, people, wealth, seconds)
    faults = [_fault(chance, seconds) for _ in range(chance.randint(0, FAULTS_MAX))]
    ordered = sorted([*wishes, *faults], key=lambda one: one[0])
    return Plan(
        seed=seed,
        people=people,
        wealth_minor=wealth,
        pieces=chance.randint(1, 3),
        processes=(chance.choice((1, 1, 2)), chance.choice((1, 1, 2))),
        patience_seconds=chance.choice((0.2, 0.6, 2.0)),
        steps=tuple(
            Step(number, at, kind, facts) for number, (at, kind, facts) in enumerate(ordered, 1)
        ),
    )


type _Draft = tuple[float, str, dict[str, Any]]


def _amount(chance: Random, wealth: int) -> int:
    return chance.choice(
        (1, chance.randint(1, max(wealth // 10, 1)), chance.randint(1, wealth), wealth, wealth + 1)
    )


def _wishes(chance: Random, people: int, wealth: int, seconds: float) -> list[_Draft]:
    drafts: list[_Draft] = []
    for _ in range(chance.randint(0, 3)):
        drafts += _trade(chance, people, wealth, seconds)
    for _ in range(chance.randint(0, 2)):
        drafts += _reservation(chance, people, wealth, seconds)
    while len(drafts) < chance.randint(3, WISHES_MAX):
        source, target = chance.randrange(people), chance.randrange(people)
        facts = {"who": source, "to": target, "amount": _amount(chance, wealth)}
        drafts.append((chance.uniform(0, seconds), "send", facts | _twice(chance)))
    return drafts


def _twice(chance: Random) -> dict[str, Any]:
    """Now and then a client sends the same wish twice at once."""
    return {"twice": True} if chance.random() < 0.2 else {}


def _trade(chance: Random, people: int, wealth: int, seconds: float) -> list[_Draft]:
    buyer, seller = chance.sample(range(people), 2)
    trade = chance.randrange(10**6)
    facts = {"trade": trade, "buyer": buyer, "seller": seller}
    at = chance.uniform(0, seconds / 2)
    drafts = [(at, "offer", facts | {"amount": _amount(chance, wealth)})]
    for action in chance.choice(TRADE_PATHS):
        at += chance.uniform(0.01, seconds / 2)
        drafts.append((at, action, {"trade": trade, "who": chance.choice((buyer, seller))}))
        drafts[-1][2].update(_actor(chance, action, buyer, seller), **_twice(chance))
    return drafts


def _actor(chance: Random, action: str, buyer: int, seller: int) -> dict[str, Any]:
    """Mostly the one whose step it is."""
    theirs = {"accept": seller, "decline": seller, "hand-over": seller, "confirm": buyer}
    theirs["refund-part"] = seller
    if action in theirs and chance.random() < 0.9:
        return {"who": theirs[action]}
    return {"ruling": chance.choice(("refund", "release", "split"))} if action == "resolve" else {}


def _reservation(chance: Random, people: int, wealth: int, seconds: float) -> list[_Draft]:
    who, to = chance.sample(range(people), 2)
    number = chance.randrange(10**6)
    amount = _amount(chance, wealth)
    at = chance.uniform(0, seconds / 2)
    facts = {"reservation": number, "who": who}
    ttl = {"to": to, "amount": amount, "ttl": chance.choice((0.05, 0.2, 0.5, 5.0))}
    drafts: list[_Draft] = [(at, "reserve", facts | ttl)]
    for _ in range(chance.randint(0, 3)):
        later = at + chance.uniform(0.01, seconds / 2)
        if chance.random() < 0.7:
            part = {"amount": chance.randint(1, max(amount, 1)), "final": chance.random() < 0.3}
            drafts.append((later, "capture", facts | part | _twice(chance)))
        else:
            drafts.append((later, "release", facts | _twice(chance)))
    return drafts


def _fault(chance: Random, seconds: float) -> _Draft:
    at = chance.uniform(0, seconds)
    service = {"service": chance.choice(SERVICES), "instance": chance.randrange(2)}
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("kill", service | {"down": chance.uniform(0.01, 0.4)}),
        ("kill", service | {"down": chance.uniform(0.01, 0.4)}),
        ("lose-commit", service | {"when": chance.choice(("before", "after"))}),
        ("lose-commit", service | {"when": "after"}),
        ("lose-sessions", service),
        ("pause", service | {"for": chance.choice((0.05, 0.5, 6.0))}),
        ("database-away", {"service": service["service"], "for": chance.uniform(0.05, 0.5)}),
        ("broker-away", {"for": chance.choice((0.1, 0.5, 3.0))}),
        ("lose-acks", {"count": chance.randint(1, 3)}),
        ("rewind", {"back": chance.randint(1, 20)}),
        ("poison", {"size": chance.randint(0, 3)}),
        ("skew", {"seconds": chance.choice((-0.3, 0.3, 2.0))}),
    )
    kind, facts = chance.choice(kinds)
    return at, kind, facts
