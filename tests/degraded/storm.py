"""Many people who ask for all kinds of things at once, by processes of their own."""

import asyncio
import contextlib
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID, uuid4

from tests.degraded.offering import NUMBER
from tests.journeys.people import PASSWORD, Actor, somebody
from tests.stack.plugin import System

PEOPLE: Final = 12
#: Shares of a hundred.
KINDS: Final = {
    "balance": 34,
    "search": 20,
    "transfer": 20,
    "listing": 8,
    "offer": 7,
    "log_in": 5,
    "stream": 6,
}
#: One process would do on a quiet machine; two are not kept from sending by one another.
PROCESSES: Final = 2
#: Longer than any deadline of the gateway's routes in the mix, 30 s.
PATIENCE_SECONDS: Final = 40.0
_READY: Final = b"ready\n"
_LINE_MAX: Final = 2**27


@dataclass(frozen=True)
class Storm:
    """People, and what each asks for.

    Attributes:
        people: Each pays the next, and offers for what the next has listed.
        accounts: Theirs, in the same order.
        items: What they have listed before.
        mark: In every key and title, so that what was done is found.
        requests: By kind, one of each person.
        bodies: Of the transfers.
    """

    people: list[Actor]
    accounts: list[UUID]
    items: list[UUID]
    mark: str
    requests: dict[str, list[str]]
    bodies: list[dict[str, str]]

    def key(self, number: int) -> str:
        """The Idempotency-Key of a request."""
        return f"{self.mark}-{number:08}"

    def number(self, key: str) -> int:
        """Of the request with this key."""
        return int(key.removeprefix(f"{self.mark}-"))


@asynccontextmanager
async def a_storm(system: System) -> AsyncIterator[Storm]:
    """People with money and a listing each."""
    async with contextlib.AsyncExitStack() as stack:
        coming = (somebody(system, f"Storm{n}", credits="500.00") for n in range(PEOPLE))
        people = await asyncio.gather(*(stack.enter_async_context(one) for one in coming))
        accounts = [(await one.account()).id for one in people]
        items = [(await one.client.create_item("Garden spade", price="2.00")).id for one in people]
        mark = f"storm-{uuid4().hex[:8]}"
        bodies = [
            {
                "from_account": str(account),
                "to_user": str(people[(n + 1) % PEOPLE].user.id),
                "amount": "0.01",
                "asset": "LXC",
            }
            for n, account in enumerate(accounts)
        ]
        storm = Storm(people, accounts, items, mark, {kind: [] for kind in KINDS}, bodies)
        for n in range(PEOPLE):
            for kind, request in _requests_of(storm, n).items():
                storm.requests[kind].append(request)
        yield storm


def _requests_of(storm: Storm, n: int) -> dict[str, str]:
    """What one person asks for, by kind."""
    one = storm.people[n]
    number = NUMBER.decode()
    key = f"{storm.mark}-{number}"
    listing = {"title": f"Spade {storm.mark} {number}", "price": "2.00", "asset": "LXC"}
    wanted = str(storm.items[(n + 1) % PEOPLE])
    offer = {"item_id": wanted, "amount": "2.00", "asset": "LXC"}
    log_in = {"email": one.email, "password": PASSWORD}
    token = one.client.token or ""
    return {
        "balance": _request("GET", f"/v1/accounts/{storm.accounts[n]}/balance", token),
        "search": _request("GET", "/v1/search?q=spade", token),
        "transfer": _request("POST", "/v1/transfers", token, storm.bodies[n], key),
        "listing": _request("POST", "/v1/items", token, listing, key),
        "offer": _request("POST", "/v1/trades", token, offer, key),
        "log_in": _request("POST", "/v1/sessions", "", log_in),
        "stream": _request("GET", "/v1/events", token),
    }


def _request(
    method: str, path: str, token: str, body: dict[str, str] | None = None, key: str = ""
) -> str:
    lines = [f"{method} {path} HTTP/1.1", "host: gateway"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if key:
        lines.append(f"idempotency-key: {key}")
    text = json.dumps(body) if body else ""
    if body:
        lines += ["content-type: application/json", f"content-length: {len(text)}"]
    return "\r\n".join([*lines, "", text])


@dataclass(frozen=True)
class Outcome:
    """What was offered, and what became of it, by kind.

    Attributes:
        per_second: As the senders counted what they wrote.
        late_seconds: By how much a sender was behind, at most.
        statuses: How often each was answered.
        done: Numbers of what was answered 2xx.
        refused: Numbers of what was answered 429 or 503.
        done_seconds: How long each answer of 2xx took, in order.
        refused_seconds: The same of 429 and 503.
        silent: Refusals without Retry-After or without a problem.
        reasons: What the first refusals said.
        unanswered: Why there was no answer.
    """

    per_second: float
    late_seconds: float
    statuses: dict[str, Counter[int]]
    done: dict[str, set[int]]
    refused: dict[str, set[int]]
    done_seconds: list[float]
    refused_seconds: list[float]
    silent: int
    reasons: list[str]
    unanswered: list[str]

    @classmethod
    def of(cls, told: list[dict[str, Any]], seconds: float) -> Self:
        """What the processes saw together."""
        by_kind = {kind: [one["seen"][kind] for one in told] for kind in KINDS}
        each = [one for seen in by_kind.values() for one in seen]
        statuses: dict[str, Counter[int]] = {kind: Counter() for kind in KINDS}
        for kind, seen in by_kind.items():
            for one in seen:
                statuses[kind].update({int(s): count for s, count in one["statuses"].items()})
        return cls(
            sum(one["sent"] for one in told) / seconds,
            max(one["late"] for one in told),
            statuses,
            {kind: {n for one in seen for n in one["done"]} for kind, seen in by_kind.items()},
            {kind: {n for one in seen for n in one["refused"]} for kind, seen in by_kind.items()},
            sorted(taken for one in each for taken in one["done_seconds"]),
            sorted(taken for one in each for taken in one["refused_seconds"]),
            sum(one["silent"] for one in each),
            [reason for one in each for reason in one["reasons"]],
            [fault for one in each for fault in one["unanswered"]],
        )

    @property
    def codes(self) -> set[int]:
        """All statuses that were seen."""
        return {status for seen in self.statuses.values() for status in seen}

    def __str__(self) -> str:
        """In a line, for who reads a failure."""
        times = {
            name: [round(part(ordered, share), 2) for share in (0.5, 0.99)]
            for name, ordered in (("done", self.done_seconds), ("refused", self.refused_seconds))
        }
        statuses = {kind: dict(seen) for kind, seen in self.statuses.items()}
        gone = f"{len(self.unanswered)} unanswered {self.unanswered[:2]}"
        late = f"late by {self.late_seconds:.2f} s at most"
        return f"{self.per_second:.0f}/s offered, {late}, {statuses}, p50 and p99 {times}, {gone}"


def part(ordered: list[float], share: float) -> float:
    """A quantile; 0 of nothing."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


class Weather:
    """Lets the storm come at rates, with new numbers each time."""

    def __init__(self, system: System, storm: Storm) -> None:
        """Nothing was asked yet."""
        self._port = int(system.settings["GATEWAY_HTTP_PORT"])
        self._storm = storm
        self._first = 1
        self._order = [kind for kind, share in KINDS.items() for _ in range(share)]
        random.Random(1).shuffle(self._order)

    async def blow(self, seconds: float, *, per_second: float = 0.0, clients: int = 0) -> Outcome:
        """Ask for so long: at a rate, or as many clients that each wait for their answers."""
        processes = PROCESSES if per_second else 1
        plan = {
            "port": self._port,
            "requests": self._storm.requests,
            "order": self._order,
            "stride": processes,
            "seconds": seconds,
            "per_second": per_second / processes,
            "connections": clients or 100,
            "patience_seconds": PATIENCE_SECONDS,
        }
        plans = [plan | {"first": self._first + n} for n in range(processes)]
        self._first += 1_000_000
        return Outcome.of(await _offer(plans), seconds)


async def _offer(plans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a process for each plan, all from the same moment."""
    command = (sys.executable, "-m", "tests.degraded.offering")
    pipe = asyncio.subprocess.PIPE
    async with contextlib.AsyncExitStack() as stack:
        running = []
        for plan in plans:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, limit=_LINE_MAX
            )
            stack.push_async_callback(_end, process)
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(plan).encode() + b"\n")
            running.append((process.stdin, process.stdout))
        for _, told in running:
            assert await told.readline() == _READY
        for asked, _ in running:
            asked.write(b"go\n")
        return [json.loads(await told.readline()) for _, told in running]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()
