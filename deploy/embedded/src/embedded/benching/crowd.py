"""Two thousand people at once: each listens to their events, and some of them always do something.

The load is open: acts begin by a Poisson process at a rate, whatever becomes of earlier ones, and
time counts from when an act was due. An act is a look, a search, a payment, a listing, or a whole
trade. What is asked: no defect, nobody turned away, and memory that does not grow.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import aiohttp

from embedded.benching.figures import Figure, quantile
from embedded.stack import Stack
from embedded.torture.client import Clients, Person
from embedded.torture.world import Inhabited, settle_in

#: One address stands for two thousand: the limit by address is not what is measured.
ENVIRONMENT: Final = {
    "GATEWAY_RATE_ADDRESS_PER_SECOND": "100000",
    "GATEWAY_RATE_ADDRESS_BURST": "100000",
}
#: Shares of the acts; a trade is some twelve requests.
ACTS: Final = {"look": 40, "search": 25, "pay": 20, "list": 10, "trade": 5}
SERVICES: Final = ("gateway", "ledger", "marketplace", "search")
#: Acts in progress after which one that is due is not begun, and counted.
UNDERWAY_MAX: Final = 4_000
#: How fast people begin to listen, before anybody acts.
ARRIVING_PER_SECOND: Final = 100
FUNDED_WITHIN_SECONDS: Final = 20.0
_LOOKS: Final = ("/v1/accounts", "/v1/me", "/v1/items", "/v1/trades", "/v1/notifications")
_WORDS: Final = ("chair", "red chair", "spade", "chiar", "bicycle", "wooden table")
_MINUTE: Final = 60.0
_DEFECTS: Final = range(500, 600)
#: The first of them, while caches and pools fill, is no yardstick.
_WARM_MINUTES: Final = 2


@dataclass(slots=True)
class Seen:
    """What the crowd was answered."""

    #: By act, of each request: from when the act was due, or from when it was sent.
    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    unfunded: int = 0
    not_begun: int = 0
    heard: int = 0
    streams_lost: int = 0
    #: Memory by part, in MB, once a minute.
    memory: list[dict[str, float]] = field(default_factory=list)


class Crowd:
    """People with sessions, on one gateway."""

    def __init__(self, clients: Clients, inhabited: Inhabited, gateway: str, seed: int) -> None:
        """Let these people act; the seed draws who does what."""
        self.seen = Seen()
        self._clients = clients
        self._inhabited = inhabited
        self._gateway = gateway
        self._chance = random.Random(seed)  # noqa: S311 - drawn again alike
        self._acts: Mapping[str, Callable[[float], Any]] = {
            "look": self._look,
            "search": self._search,
            "pay": self._pay,
            "list": self._list,
            "trade": self._trade,
        }

    async def act(self, rate: float, seconds: float) -> None:
        """Begin acts at a rate for so long, and wait for those underway."""
        underway: set[asyncio.Task[None]] = set()
        due, end = time.monotonic(), time.monotonic() + seconds
        kinds, shares = list(ACTS), list(ACTS.values())
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if len(underway) < UNDERWAY_MAX:
                kind = self._chance.choices(kinds, shares)[0]
                task = asyncio.create_task(self._acts[kind](due))
                underway.add(task)
                task.add_done_callback(underway.discard)
            else:
                self.seen.not_begun += 1
            due += self._chance.expovariate(rate)
        await asyncio.gather(*underway)

    async def listen(self, person: Person, http: aiohttp.ClientSession) -> None:
        """Follow one person's events until cancelled; a stream that ends is opened again."""
        headers = {"authorization": f"Bearer {person.token}"}
        while True:
            try:
                async with http.get(f"{self._gateway}/v1/events", headers=headers) as stream:
                    async for line in stream.content:
                        self.seen.heard += line.startswith(b"id:")
            except (aiohttp.ClientError, OSError):
                pass
            self.seen.streams_lost += 1
            await asyncio.sleep(1)

    async def _ask(
        self,
        kind: str,
        who: Person,
        method: str,
        path: str,
        body: Any = None,
        *,
        due: float | None = None,
    ) -> tuple[int, Any]:
        begun = due or time.monotonic()
        key = uuid4().hex if method == "POST" else None
        status, answer, _ = await self._clients.ask(method, path, who.token, body, key=key)
        self.seen.seconds.setdefault(kind, []).append(time.monotonic() - begun)
        self.seen.statuses[kind, status] += 1
        return status, answer

    def _two(self) -> tuple[Person, Person]:
        """Somebody with money, and somebody else."""
        payer = self._inhabited.payer(self._chance)
        while (other := self._inhabited.somebody(self._chance)) is payer:
            pass
        return payer, other

    async def _look(self, due: float) -> None:
        who = self._inhabited.somebody(self._chance)
        await self._ask("look", who, "GET", self._chance.choice(_LOOKS), due=due)

    async def _search(self, due: float) -> None:
        who = self._inhabited.somebody(self._chance)
        path = f"/v1/search?q={self._chance.choice(_WORDS).replace(' ', '+')}"
        await self._ask("search", who, "GET", path, due=due)

    async def _pay(self, due: float) -> None:
        payer, payee = self._two()
        parties = {"from_account": str(payer.main), "to_account": str(payee.main)}
        wish = parties | {"amount": "0.05", "asset": "LXC"}
        await self._ask("pay", payer, "POST", "/v1/transfers", wish, due=due)

    async def _list(self, due: float) -> None:
        await self._put_up(self._inhabited.somebody(self._chance), due)

    async def _put_up(self, seller: Person, due: float) -> str | None:
        listing = {"title": f"Wooden chair {self._chance.randint(1, 9999)}", "price": "2.00"}
        listing |= {"asset": "LXC", "category": "other"}
        status, item = await self._ask("list", seller, "POST", "/v1/items", listing, due=due)
        return item["id"] if status == 201 else None  # noqa: PLR2004 - created

    async def _trade(self, due: float) -> None:
        buyer, seller = self._two()
        item = await self._put_up(seller, due)
        offer = {"item_id": item, "amount": "2.00", "asset": "LXC"}
        if not item:
            return
        status, trade = await self._ask("trade", buyer, "POST", "/v1/trades", offer)
        if status != 201:  # noqa: PLR2004 - created
            return
        path = f"/v1/trades/{trade['id']}"
        await self._ask("trade", seller, "POST", f"{path}/accept", {})
        until = time.monotonic() + FUNDED_WITHIN_SECONDS
        while trade["state"] != "funded":
            if time.monotonic() > until:
                self.seen.unfunded += 1
                return
            await asyncio.sleep(0.3)
            status, found = await self._ask("look", buyer, "GET", path)
            trade = found if status == 200 else trade  # noqa: PLR2004 - what it was before
        await self._ask("trade", seller, "POST", f"{path}/hand-over", {})
        await self._ask("trade", buyer, "POST", f"{path}/confirm", {})


async def measure_crowd(
    stack: Stack, *, people: int, rate: float, minutes: float, tell: Callable[[str], None]
) -> tuple[list[Figure], Seen]:
    """Let a crowd in, and watch it and the services.

    Args:
        stack: The whole system, started with `ENVIRONMENT`.
        people: How many listen and act.
        rate: Acts a second.
        minutes: How long.
        tell: Takes a line a minute.
    """
    gateway = f"http://127.0.0.1:{stack.settings['GATEWAY_HTTP_PORT']}"
    connector = aiohttp.TCPConnector(limit=0)
    forever = aiohttp.ClientTimeout(total=None, sock_connect=30)
    async with (
        Clients(gateway) as clients,
        aiohttp.ClientSession(connector=connector, timeout=forever) as http,
    ):
        tell(f"settling in: {people} people")
        inhabited = await settle_in(
            stack.settings["GATEWAY_DATABASE_URL"], stack.superuser_url, clients, people, 0.0
        )
        crowd = Crowd(clients, inhabited, gateway, seed=1)
        listening = []
        for one in inhabited.people:
            listening.append(asyncio.create_task(crowd.listen(one, http)))
            await asyncio.sleep(1 / ARRIVING_PER_SECOND)
        watching = asyncio.create_task(_watch(stack, crowd.seen, tell))
        try:
            await crowd.act(rate, minutes * _MINUTE)
        finally:
            watching.cancel()
            for stream in listening:
                stream.cancel()
            await asyncio.gather(watching, *listening, return_exceptions=True)
    return _figures(crowd.seen, minutes), crowd.seen


async def _watch(stack: Stack, seen: Seen, tell: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(_MINUTE)
        parts = (await asyncio.to_thread(stack.status))["parts"]
        used = {one["name"]: one.get("rss_bytes") or 0 for one in parts}
        seen.memory.append({name: round(used.get(name, 0) / 1e6, 1) for name in SERVICES})
        defects = sum(n for (_, status), n in seen.statuses.items() if status in _DEFECTS)
        tell(
            f"minute {len(seen.memory)}: {seen.statuses.total()} requests, {defects} defects, "
            f"{seen.heard} events heard, MB {seen.memory[-1]}"
        )


def _figures(seen: Seen, minutes: float) -> list[Figure]:
    by_status: Counter[int] = Counter()
    for (_, status), count in seen.statuses.items():
        by_status[status] += count
    defects = sum(count for status, count in by_status.items() if status in _DEFECTS)
    figures = [
        Figure("requests", by_status.total() / (minutes * _MINUTE), "requests/s"),
        Figure("answered 5xx", defects, "requests", 1),
        Figure("not answered", by_status[0], "requests", 1),
        Figure("turned away (429)", by_status[429], "requests", 1),
        Figure("acts not begun", seen.not_begun, "acts", 1),
        Figure("trades not funded", seen.unfunded, "trades", 1),
        Figure("streams lost", seen.streams_lost, "streams", 1),
        Figure("events heard", seen.heard / (minutes * _MINUTE), "events/s"),
    ]
    for kind, seconds in seen.seconds.items():
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            figures.append(Figure(f"{kind} {name}", quantile(seconds, share) * 1000, "ms"))
    if len(seen.memory) > _WARM_MINUTES:
        early, late = seen.memory[_WARM_MINUTES - 1], seen.memory[-1]
        for name in SERVICES:
            grown = late[name] / early[name] if early[name] else 0.0
            figures.append(Figure(f"{name} memory, last to minute 2", grown, "times", 1.25))
    return figures
