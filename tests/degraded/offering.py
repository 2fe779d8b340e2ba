"""Offers requests to one address at a rate, in a process of its own: `python -m` this.

It reads a plan from its first line, says `ready`, begins at the next line, and prints what it saw.
Everything is written beforehand but one number, so that offering costs little: the machine is the
same that answers. `########` in a request becomes that number.
"""

import asyncio
import itertools
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final

import uvloop

NUMBER: Final = b"########"
#: How often what is due is sent.
TICK_SECONDS: Final = 0.002
#: So many refusals of a kind are told as they were.
REASONS_MAX: Final = 3
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"
_REFUSED: Final = (b"\r\nretry-after: ", b"\r\ncontent-type: application/problem+json")
_REFUSALS: Final = frozenset({429, 503})


@dataclass
class Plan:
    """What to offer.

    Attributes:
        port: Of the gateway, on this machine.
        requests: Whole requests by kind; request number N is the N-th, counted round.
        order: Kinds, in the order in which they are due, again and again.
        first: The first number; each request has the next `stride`.
        stride: How many processes count.
        seconds: For so long.
        per_second: At this rate; at 0 each connection asks again when it was answered.
        connections: So many are opened beforehand.
        patience_seconds: Who is not answered by then gives up.
    """

    port: int
    requests: dict[str, list[str]]
    order: list[str]
    first: int
    stride: int
    seconds: float
    per_second: float
    connections: int
    patience_seconds: float


@dataclass
class Seen:
    """What became of one kind.

    Attributes:
        statuses: How often each was answered.
        done: Numbers of what was answered 2xx.
        refused: Numbers of what was answered 429 or 503.
        done_seconds: How long each answer of 2xx took.
        refused_seconds: The same of 429 and 503.
        silent: Refusals without Retry-After or without a problem.
        reasons: What the first refusals said.
        unanswered: Why there was no answer.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    done: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    done_seconds: list[float] = field(default_factory=list)
    refused_seconds: list[float] = field(default_factory=list)
    silent: int = 0
    reasons: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


class Connection(asyncio.Protocol):
    """One connection, with one request at a time on it."""

    def __init__(self, offering: "Offering") -> None:
        """Unconnected yet."""
        self._offering = offering
        self._transport: Any = None
        self._read = b""
        self.kind = ""
        self.number = 0
        self.began = 0.0

    def connection_made(self, transport: Any) -> None:
        """It may send."""
        self._transport = transport

    def send(self, kind: str, number: int, request: bytes, began: float) -> None:
        """Write a request; `began` is when it was taken up."""
        self.kind, self.number, self.began = kind, number, began
        self._read = b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """A part of the answer; a stream is hung up on when it has begun."""
        if not self.kind:
            return
        self._read += data
        head, end, body = self._read.partition(_END)
        if not end:
            return
        head = head.lower()
        _, told, length = head.partition(_LENGTH)
        if told and len(body) < int(length.partition(b"\r\n")[0]):
            return
        self._end(head, "", body)
        if told and b"\r\nconnection: close" not in head:
            self._offering.idle.append(self)
        else:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hung up, by either side."""
        if self in self._offering.idle:
            self._offering.idle.remove(self)
        if self.kind:
            self._end(b"", f"hung up: {exc!r}")

    def give_up(self) -> None:
        """Wait no longer."""
        self._end(b"", "no answer in time")
        self._transport.abort()

    def hang_up(self) -> None:
        """It is not needed any more."""
        self._transport.abort()

    def _end(self, head: bytes, fault: str, body: bytes = b"") -> None:
        kind, self.kind = self.kind, ""
        self._offering.ended(self, kind, head, fault, body)


class Offering:
    """The connections, and what was seen."""

    def __init__(self, plan: Plan) -> None:
        """Nothing is open yet."""
        self._plan = plan
        self._texts = {
            kind: [one.encode() for one in listed] for kind, listed in plan.requests.items()
        }
        self._kinds = itertools.cycle(plan.order)
        self._numbers = itertools.count(plan.first, plan.stride)
        self.idle: deque[Connection] = deque()
        self._asking: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self.seen = {kind: Seen() for kind in plan.requests}
        self.sent = 0
        #: By how much requests were taken up later than they were due, at most.
        self.late_seconds = 0.0
        self._until = 0.0

    async def open(self) -> None:
        """Connect beforehand."""
        for _ in range(self._plan.connections):
            self.idle.append(await self._connect())

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._plan.patience_seconds):
            _, made = await loop.create_connection(
                lambda: Connection(self), "127.0.0.1", self._plan.port
            )
        return made

    async def offer(self) -> None:
        """All of the plan, until the last is answered or given up."""
        plan = self._plan
        began = time.monotonic()
        self._until = began + plan.seconds
        if plan.per_second:
            taken = 0
            while (passed := time.monotonic() - began) < plan.seconds:
                while taken < passed * plan.per_second:
                    self.late_seconds = max(self.late_seconds, passed - taken / plan.per_second)
                    self._next(time.monotonic())
                    taken += 1
                await asyncio.sleep(TICK_SECONDS)
        else:
            for _ in range(plan.connections):
                self._next(began)
            await asyncio.sleep(plan.seconds)
        while self._asking or self._opening:
            oldest = time.monotonic() - plan.patience_seconds
            for one in [one for one in self._asking if one.began < oldest]:
                one.give_up()
            await asyncio.sleep(0.02)

    def _next(self, began: float) -> None:
        kind = next(self._kinds)
        number = next(self._numbers)
        texts = self._texts[kind]
        request = texts[number % len(texts)].replace(NUMBER, b"%08d" % number)
        if self.idle:
            self._send(self.idle.popleft(), kind, number, request, began)
        else:
            opening = asyncio.create_task(self._open_and_send(kind, number, request, began))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    def _send(self, one: Connection, kind: str, number: int, request: bytes, began: float) -> None:
        self._asking.add(one)
        self.sent += time.monotonic() < self._until
        one.send(kind, number, request, began)

    async def _open_and_send(self, kind: str, number: int, request: bytes, began: float) -> None:
        try:
            one = await self._connect()
        except (OSError, TimeoutError) as error:
            self.seen[kind].unanswered.append(f"not connected: {error!r}")
        else:
            self._send(one, kind, number, request, began)

    def ended(self, one: Connection, kind: str, head: bytes, fault: str, body: bytes) -> None:
        """Take down what a request came to; a connection that asks in turn asks again."""
        self._asking.discard(one)
        seen, now = self.seen[kind], time.monotonic()
        if fault:
            seen.unanswered.append(fault)
        else:
            status = int(head[9:12])
            seen.statuses[status] += 1
            if status in _REFUSALS:
                seen.refused.append(one.number)
                seen.refused_seconds.append(now - one.began)
                seen.silent += not all(said in head for said in _REFUSED)
                if len(seen.reasons) < REASONS_MAX:
                    seen.reasons.append(body.decode(errors="replace"))
            else:
                seen.done.append(one.number)
                seen.done_seconds.append(now - one.began)
        if not self._plan.per_second and now < self._until:
            asyncio.get_running_loop().call_soon(self._next, now)


async def _main() -> None:
    offering = Offering(Plan(**json.loads(sys.stdin.readline())))
    await offering.open()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    await offering.offer()
    seen = {kind: vars(one) for kind, one in offering.seen.items()}
    told = {"sent": offering.sent, "late": offering.late_seconds, "seen": seen}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    uvloop.run(_main())
