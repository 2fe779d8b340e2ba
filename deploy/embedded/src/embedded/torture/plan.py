"""What a run will do, drawn from its seed: the world, the mix of operations, the faults. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

type FaultKind = Literal["kill", "stop", "net", "messages", "disk", "clock"]
KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind.__value__)

ACCOUNTS_MIN: Final = 2
ACCOUNTS_MAX: Final = 10_000
#: A slow or busy machine takes so many times longer for what is wanted of a run.
LONGER_MAX: Final = 4
#: By how much longer the pauses between faults are, after the time that was asked for.
RARER: Final = 8
SKEW_MAX: Final = 1.5
#: Stops of a short run, and of a long one, where one in ten lasts longer than a short run's.
STOP_SECONDS: Final = (1.0, 6.0)
LONG_STOP_SECONDS: Final = 30.0
LONG_STOPS: Final = 0.1
LONG_RUN_SECONDS: Final = 1800.0
#: One connection in five that is muted is so for longer than any client waits for an answer.
LONG_MUTE_SECONDS: Final = 20.0
LONG_MUTES: Final = 0.2
#: One service without one part: of a short run little else happens meanwhile.
PARTITION_SECONDS: Final = (2.0, 10.0)
SHORT_PARTITION_SECONDS: Final = (2.0, 4.0)
#: Each target is hit once in so much of the time that was asked for, before weights decide.
ROUND_SHARE: Final = 0.8
#: Nothing is broken at the end of a run: what was broken has time to mend.
QUIET_SECONDS: Final = 10.0

SERVICES: Final = ("gateway", "ledger", "marketplace", "search")
ENGINES: Final = ("postgres", "kafka", "opensearch", "valkey", "s3")
#: One server process of Postgres', not the first: the others end with it.
BACKEND: Final = "postgres backend"
#: A process of a service that has loaded all and waits for the first one's end; chance says whose.
STANDBY: Final = "standby"

#: Mean seconds between two faults of a kind, and targets by weight.
_EVERY: Final[dict[FaultKind, float]] = {
    "kill": 2.4,
    "stop": 9.0,
    "net": 0.65,
    "messages": 1.5,
    "disk": 40.0,
    "clock": 25.0,
}
#: Also what must have been killed, and stopped, in every run that lasts for some minutes.
_KILLED: Final = {
    "ledger": 4,
    "marketplace": 3,
    "gateway": 3,
    "search": 3,
    "valkey": 3,
    "postgres": 2,
    BACKEND: 3,
    "kafka": 2,
    "s3": 2,
    "opensearch": 1,
    STANDBY: 1,
}
_STOPPED: Final = dict.fromkeys((*SERVICES, *ENGINES, BACKEND, STANDBY), 1)
_CUT: Final = {
    "postgres": 8,
    "kafka": 5,
    "ledger": 3,
    "marketplace": 2,
    "search": 1,
    "valkey": 3,
    "opensearch": 1,
    "s3": 1,
}
#: How connections are broken: general ways, and those that a protocol offers.
_WAYS: Final = {
    "reset one": 6,
    "reset all": 1,
    "delay": 2,
    "slow": 1,
    "mute": 2,
    "mute new": 1,
    "partition": 1,
    "answer lost": 3,
    "cut in an answer": 2,
}
_WAYS_OF: Final[dict[str, dict[str, int]]] = {
    "postgres": {
        "commit answer lost": 8,
        "commit cut off": 4,
        "commit lost": 3,
        "call answer lost": 6,
        "call cut off": 3,
        "call lost": 2,
    },
    "kafka": {"produce answer lost": 8, "offset commit answer lost": 4},
}
_MESSAGES: Final = {
    "copies": 4,
    "many copies": 1,
    "copies, newest first": 3,
    "copies, later": 3,
    "held back": 4,
    "dropped and replayed": 2,
    "garbage": 1,
    "no seal": 1,
    "false seal": 1,
    "truncated": 1,
    "empty": 1,
    "null": 1,
    "unknown version": 1,
    "unknown type": 1,
    "wrong shape": 1,
    "oversized": 1,
}
_FILLED: Final = {"postgres": 2, "kafka": 1, "opensearch": 1}
_MOVED: Final = (*SERVICES, "all services")
_BY: Final = ("3600", "-3600", "90", "-90", "0")
_TARGETS: Final = {"kill": _KILLED, "stop": _STOPPED, "disk": _FILLED}
_SIGNAL: Final = {"kill": "SIGKILL", "stop": "SIGSTOP", "disk": "ENOSPC"}
_LASTS: Final[dict[FaultKind, tuple[float, float]]] = {
    "stop": STOP_SECONDS,
    "net": (0.2, 3.0),
    "messages": (1.0, 8.0),
    "disk": (2.0, 5.0),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that will be broken.

    Attributes:
        at_seconds: After the beginning of the load.
        kind: Which sort.
        target: The part, the topic or the service; nothing where chance decides later.
        way: How.
        seconds: For how long, where that matters.
    """

    at_seconds: float
    kind: FaultKind
    target: str
    way: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class World:
    """Who is there, and how unevenly money moves among them."""

    people: int
    skew: float
    bulk_max: int
    workers: int
    bulk_workers: int
    weights: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A run.

    Attributes:
        seed: What it was drawn from.
        seconds: How long the load lasts, or lasts at least.
        world: Who is there.
        faults: In order.
        transfers_min: Go on until the books hold so many, for at most four times as long; faults
            come more rarely then, because what is down most of the time carries little.
    """

    seed: int
    seconds: float
    world: World
    faults: tuple[Fault, ...]
    transfers_min: int = 0

    @property
    def longest_seconds(self) -> float:
        """How long the load may last."""
        return self.seconds * LONGER_MAX if self.transfers_min else self.seconds


def draw_plan(
    seed: int,
    seconds: float,
    kinds: Sequence[FaultKind],
    *,
    people: int | None = None,
    skew: float | None = None,
    transfers_min: int = 0,
) -> Plan:
    """Draw a run from its seed; the same arguments always draw the same run.

    Args:
        seed: Any number.
        seconds: How long the load lasts.
        kinds: What may be broken.
        people: Instead of a drawn number.
        skew: Instead of a drawn one.
        transfers_min: Of the plan.

    Raises:
        ValueError: There are fewer or more people, or they are more uneven, than a world may have.
    """
    if people is not None and not ACCOUNTS_MIN <= people <= ACCOUNTS_MAX:
        raise ValueError(f"people: from {ACCOUNTS_MIN} to {ACCOUNTS_MAX:,}, not {people:,}")
    if skew is not None and not 0 <= skew <= SKEW_MAX:
        raise ValueError(f"skew: from 0 to {SKEW_MAX}, not {skew}")
    chance = random.Random(f"world {seed}")  # noqa: S311 - a plan must be drawn again alike
    span = ACCOUNTS_MAX / ACCOUNTS_MIN
    drawn = int(ACCOUNTS_MIN * span ** chance.random())
    drawn_skew = round(chance.uniform(0, SKEW_MAX), 2)
    world = World(
        people=drawn if people is None else people,
        skew=drawn_skew if skew is None else skew,
        bulk_max=chance.choice((100, 500, 1000)),
        workers=chance.choice((8, 12, 16)),
        bulk_workers=chance.choice((3, 4, 6)),
        weights={name: chance.randint(1, weight) for name, weight in _MIX.items()},
    )
    faults: list[Fault] = []
    longest = seconds * LONGER_MAX if transfers_min else seconds
    for kind in kinds:
        faults += _draw_faults(kind, seed, seconds, longest - QUIET_SECONDS)
    in_order = tuple(sorted(faults, key=lambda fault: fault.at_seconds))
    return Plan(seed, seconds, world, in_order, transfers_min)


#: Operations of single workers and their highest weights; every run has some of each.
_MIX: Final = {
    "transfer": 10,
    "same key race": 4,
    "overdraft": 3,
    "wrong owner": 3,
    "bad amount": 3,
    "reservation": 8,
    "late capture": 4,
    "trade": 6,
    "import": 2,
    "issue": 1,
    "read": 3,
    "withdrawal": 2,
    "log out": 2,
}


def _draw_faults(kind: FaultKind, seed: int, often: float, until: float) -> list[Fault]:
    # A stream of its own for each kind: leaving one out changes nothing about the others.
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - as above
    waiting = _round_of(kind)
    chance.shuffle(waiting)
    # Fast enough for all of them in the time that is there, and never slower than afterwards.
    pace = min(_EVERY[kind], ROUND_SHARE * max(often - QUIET_SECONDS, 0) / len(waiting))
    faults = []
    at = chance.uniform(0.5, 1) * pace
    while at < until:
        target, way = waiting.pop() if waiting else _choose(kind, chance)
        seconds = _seconds_of(kind, way, chance, long=often >= LONG_RUN_SECONDS)
        faults.append(Fault(round(at, 3), kind, target, way, seconds))
        if waiting:
            at += chance.uniform(0.5, 1) * pace
            continue
        pause = chance.expovariate(1 / _EVERY[kind])
        at += pause if at < often else pause * RARER
    return faults


def _round_of(kind: FaultKind) -> list[tuple[str, str]]:
    """What is hit once each, in an order that chance decides, before weights do."""
    match kind:
        case "kill" | "stop" | "disk":
            return [(target, _SIGNAL[kind]) for target in _TARGETS[kind]]
        case "net":
            return [(t, way) for t in _CUT for way in _WAYS | _WAYS_OF.get(t, {})]
        case "messages":
            return [("", way) for way in _MESSAGES]
        case "clock":
            return list(zip(_MOVED, _BY, strict=True))


def _choose(kind: FaultKind, chance: random.Random) -> tuple[str, str]:
    match kind:
        case "kill" | "stop" | "disk":
            return _pick(_TARGETS[kind], chance), _SIGNAL[kind]
        case "net":
            target = _pick(_CUT, chance)
            return target, _pick(_WAYS | _WAYS_OF.get(target, {}), chance)
        case "messages":
            return "", _pick(_MESSAGES, chance)
        case "clock":
            return chance.choice(_MOVED), chance.choice(_BY)


def _seconds_of(kind: FaultKind, way: str, chance: random.Random, *, long: bool) -> float:
    shortest, longest = _LASTS.get(kind, (0.0, 0.0))
    if kind == "stop" and long and chance.random() < LONG_STOPS:
        longest = LONG_STOP_SECONDS
    if way == "partition":
        shortest, longest = PARTITION_SECONDS if long else SHORT_PARTITION_SECONDS
    if way == "mute" and chance.random() < LONG_MUTES:
        longest = LONG_MUTE_SECONDS
    return round(chance.uniform(shortest, longest), 1)


def _pick(weights: dict[str, int], chance: random.Random) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
