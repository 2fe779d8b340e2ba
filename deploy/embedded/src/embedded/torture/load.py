"""The load: workers that keep doing what the plan's mix says, until told to stop."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from embedded.torture.client import Clients, Person
from embedded.torture.history import Look, Operation
from embedded.torture.plan import World
from embedded.torture.world import Inhabited, issue, memo_of

_ASSET: Final = {"asset": "LXC"}
_BAD_AMOUNTS: Final = ("0", "-1.00", "0.001", "1e3", "NaN", "9" * 40, "", "1,00", "0x10")
_FUNDED_WITHIN_SECONDS: Final = 15.0
_RACERS: Final = 4
_LXC_MINOR: Final = 100
_HURRIED: Final = 0.3


class Load:
    """What the workers of a run share."""

    def __init__(
        self,
        clients: Clients,
        inhabited: Inhabited,
        world: World,
        seed: int,
        hurrying: Callable[[], bool] = lambda: False,
    ) -> None:
        """Load the system as `clients`, with the people of `inhabited`.

        While `hurrying`, events are held back: then more trades are begun, and called off before
        they are funded, so that another event of theirs overtakes the first.
        """
        self._hurrying = hurrying
        self._clients = clients
        self._inhabited = inhabited
        self._world = world
        self._seed = seed
        self._stop = asyncio.Event()
        self._kinds: dict[str, Callable[[random.Random], Awaitable[None]]] = {
            "transfer": self._transfer,
            "same key race": self._race,
            "overdraft": self._overdraft,
            "wrong owner": self._wrong_owner,
            "bad amount": self._bad_amount,
            "reservation": self._reservation,
            "late capture": self._late_capture,
            "trade": self._trade,
            "import": self._import,
            "withdrawal": self._withdrawal,
            "log out": self._log_out,
            "issue": self._issue,
            "read": self._read,
        }

    def stop(self) -> None:
        """Let every worker end what it does."""
        self._stop.set()

    async def run(self) -> None:
        """Work until stopped."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._world.workers):
                group.create_task(self._work(number))
            for number in range(self._world.bulk_workers):
                group.create_task(self._work_in_bulk(number))

    async def _work(self, number: int) -> None:
        chance = random.Random(f"worker {number} {self._seed}")  # noqa: S311 - drawn again alike
        kinds, weights = list(self._world.weights), list(self._world.weights.values())
        while not self._stop.is_set():
            kind = chance.choices(kinds, weights)[0]
            if self._hurrying() and chance.random() < _HURRIED:
                kind = "trade"
            await self._kinds[kind](chance)
            # A share of a moment: a system that refuses quickly must not be flooded.
            await asyncio.sleep(0.002)

    async def _work_in_bulk(self, number: int) -> None:
        chance = random.Random(f"bulk {number} {self._seed}")  # noqa: S311 - drawn again alike
        while not self._stop.is_set():
            await self._bulk(chance)
            await asyncio.sleep(0.002)

    def _memo(self) -> str:
        """The memo of the operation that begins next; nothing may wait in between."""
        return memo_of(len(self._clients.history.operations))

    def _wish(self, payer: Person, payee: Person, amount: str) -> dict[str, Any]:
        parties = {"from_account": str(payer.main), "to_account": str(payee.main)}
        return parties | {"amount": amount, "memo": self._memo()} | _ASSET

    async def _transfer(self, chance: random.Random) -> None:
        payer, payee = self._inhabited.two(chance)
        wish = self._wish(payer, payee, _small(chance))
        patience = chance.choice((0.0, 8.0))
        await self._clients.write(
            "transfer", payer, "/v1/transfers", wish, patience_seconds=patience
        )
        await self._look(chance.choice((payer, payee)), chance)

    async def _race(self, chance: random.Random) -> None:
        """The same wish with the same key, several times at once: one effect, one answer."""
        payer, payee = self._inhabited.two(chance)
        operation = self._clients.history.begin(
            "same key race",
            payer.id,
            "/v1/transfers",
            self._wish(payer, payee, "0.05"),
            _key(chance),
        )
        answers = await asyncio.gather(
            *(
                self._clients.ask(
                    "POST", operation.path, payer.token, operation.body, key=operation.key
                )
                for _ in range(_RACERS)
            )
        )
        ids = {answer["id"] for status, answer, _ in answers if status == 201}  # noqa: PLR2004
        if len(ids) > 1:
            operation.faults.append(f"one key had {len(ids)} effects")
        await self._clients.settle(operation, payer.token, patience_seconds=8)
        if ids and operation.outcome == "acknowledged" and operation.answer["id"] not in ids:
            operation.faults.append("a repeat was answered otherwise")

    async def _overdraft(self, chance: random.Random) -> None:
        payer, payee = self._inhabited.two(chance)
        wish = self._wish(payer, payee, "99999999.00")
        await self._must_refuse("overdraft", payer, "/v1/transfers", wish)

    async def _wrong_owner(self, chance: random.Random) -> None:
        thief, victim = self._inhabited.two(chance)
        wish = self._wish(victim, thief, _small(chance))
        await self._must_refuse("wrong owner", thief, "/v1/transfers", wish)

    async def _bad_amount(self, chance: random.Random) -> None:
        payer, payee = self._inhabited.two(chance)
        wish = self._wish(payer, payee, chance.choice(_BAD_AMOUNTS))
        await self._must_refuse("bad amount", payer, "/v1/transfers", wish)

    async def _must_refuse(self, kind: str, who: Person, path: str, wish: dict[str, Any]) -> None:
        operation = await self._clients.write(kind, who, path, wish, patience_seconds=2)
        if operation.outcome == "acknowledged":
            operation.faults.append("it should have been refused")

    async def _bulk(self, chance: random.Random) -> None:
        """Many transfers of one payer; some of them cannot be."""
        payer = self._inhabited.payer(chance)
        number = len(self._clients.history.operations)
        wishes = []
        for item in range(chance.randint(2, self._world.bulk_max)):
            payee = self._inhabited.somebody(chance)
            amount = "99999999.00" if chance.random() < 0.005 else "0.01"  # noqa: PLR2004 - rare
            wish = self._wish(payer, payee, amount) | {"memo": memo_of(number, item)}
            wishes.append(wish)
        mode = "atomic" if chance.random() < 0.1 else "independent"  # noqa: PLR2004 - one in ten
        body = {"mode": mode, "transfers": wishes}
        path = "/v1/transfers/bulk"
        operation = await self._clients.write("bulk", payer, path, body, patience_seconds=15)
        forget_wishes(operation)

    async def _reserve(self, chance: random.Random, seconds: int) -> tuple[Person, Operation]:
        payer, payee = self._inhabited.two(chance)
        wish = self._wish(payer, payee, "1.00") | {"expires_in_seconds": seconds}
        del wish["from_account"]
        wish["account_id"] = str(payer.main)
        return payer, await self._clients.write("reserve", payer, "/v1/reservations", wish)

    async def _reservation(self, chance: random.Random) -> None:
        """Set aside, then pay in parts or let go."""
        payer, reserved = await self._reserve(chance, 600)
        if reserved.outcome != "acknowledged":
            return
        path = f"/v1/reservations/{reserved.answer['id']}"
        for part in chance.choice((("0.40", "0.60"), ("1.00",), ("0.25",), ())):
            await self._clients.write("capture", payer, f"{path}/capture", {"amount": part})
        if chance.random() < 0.5:  # noqa: PLR2004 - half of them
            await self._clients.write("release", payer, f"{path}/release", {})

    async def _late_capture(self, chance: random.Random) -> None:
        """Pay from what has expired: an oracle knows whether a clock excuses that it was paid."""
        payer, reserved = await self._reserve(chance, 1)
        if reserved.outcome != "acknowledged":
            return
        await asyncio.sleep(1.2)
        path = f"/v1/reservations/{reserved.answer['id']}/capture"
        await self._clients.write("late capture", payer, path, {"amount": "1.00"})

    async def _trade(self, chance: random.Random) -> None:
        """A whole trade, one that is called off or ruled on; it may be left anywhere."""
        seller, buyer = self._inhabited.two(chance)
        mark = self._memo()
        listing = {"title": f"Chair {mark}", "price": "2.00", "asset": "LXC", "category": "other"}
        listed = await self._clients.write("list", seller, "/v1/items", listing)
        if listed.outcome != "acknowledged":
            return
        offer = {"item_id": listed.answer["id"], "amount": "2.00"} | _ASSET
        offered = await self._clients.write("offer", buyer, "/v1/trades", offer)
        if offered.outcome != "acknowledged":
            return
        path = f"/v1/trades/{offered.answer['id']}"
        steps = [(seller, "accept"), (seller, "hand-over"), (buyer, "confirm")]
        ending = chance.choice(("all", "all", "cancel", "left", "ruled"))
        ending = "hurried" if self._hurrying() else ending
        for who, verb in steps[: 1 if ending != "all" else None]:
            done = await self._clients.write("trade step", who, f"{path}/{verb}", {})
            if done.outcome != "acknowledged":
                return
            if verb == "accept" and ending != "hurried" and not await self._funded(buyer, path):
                return
        if ending in {"cancel", "hurried"}:
            body = {"reason": "changed my mind"}
            await self._clients.write("trade step", buyer, f"{path}/cancel", body)
        if ending == "ruled":
            await self._rule(chance, chance.choice((seller, buyer)), path)

    async def _rule(self, chance: random.Random, party: Person, path: str) -> None:
        """Disagree, and let the operator decide."""
        said = {"reason": "not as it was described"}
        disputed = await self._clients.write("trade step", party, f"{path}/dispute", said)
        if disputed.outcome != "acknowledged":
            return
        ruling = chance.choice(("refund", "release", "split"))
        part = {"buyer_gets": "0.50"} if ruling == "split" else {}
        body = {"ruling": ruling, "reason": self._memo()} | part
        operator = self._inhabited.operator
        await self._clients.write("ruling", operator, f"{path}/resolve", body)

    async def _funded(self, buyer: Person, path: str) -> bool:
        until = time.monotonic() + _FUNDED_WITHIN_SECONDS
        while time.monotonic() < until and not self._stop.is_set():
            trade = await self._clients.read(buyer, path)
            if trade and trade["state"] != "accepted":
                return bool(trade["state"] == "funded")
            await asyncio.sleep(0.2)
        return False

    async def _import(self, chance: random.Random) -> None:
        """Listings from elsewhere; some are there already, some are wrong."""
        seller = self._inhabited.somebody(chance)
        rows: list[dict[str, Any]] = [
            {
                "external_ref": f"ref-{chance.randint(0, 200)}",
                "title": f"Spade {chance.randint(0, 9)}",
                "price": "3.00",
                "asset": "LXC",
            }
            for _ in range(chance.randint(1, 20))
        ]
        rows.append({"external_ref": "wrong", "title": "", "price": "-1"})
        await self._clients.write("import", seller, "/v1/items/import", {"items": rows})

    async def _withdrawal(self, chance: random.Random) -> None:
        """List something that others look at and search for; half of it is taken back."""
        seller, other = self._inhabited.two(chance)
        word = f"lamp{chance.getrandbits(40):010x}"
        listing = {"title": f"{word} {self._memo()}", "price": "2.00"} | _ASSET
        listed = await self._clients.write("list", seller, "/v1/items", listing)
        if listed.outcome != "acknowledged":
            return
        path = f"/v1/items/{listed.answer['id']}"
        await self._clients.read(other, path)
        await self._clients.read(other, f"/v1/search?q={word}")
        if chance.random() < 0.5:  # noqa: PLR2004 - half of them
            gone = {"status": "withdrawn"}
            await self._clients.write("withdrawal", seller, path, gone, method="PATCH")

    async def _log_out(self, chance: random.Random) -> None:
        """End a session that has just been used."""
        if self._inhabited.spare:
            spare = self._inhabited.spare
            await self._clients.log_out(spare.pop(chance.randrange(len(spare))))

    async def _issue(self, chance: random.Random) -> None:
        person = self._inhabited.somebody(chance)
        wish = {"to_user": str(person.id), "amount": "1000.00"} | _ASSET
        await issue(self._clients, self._inhabited, wish)

    async def _read(self, chance: random.Random) -> None:
        person = self._inhabited.somebody(chance)
        await self._look(person, chance)
        paths = ("/v1/search?q=spade", "/v1/items", "/v1/trades", "/v1/me")
        await self._clients.read(person, chance.choice(paths))

    async def _look(self, person: Person, chance: random.Random) -> None:
        """Look at somebody's balances, all or the main one; what is shown is kept."""
        path = chance.choice(("/v1/accounts", f"/v1/accounts/{person.main}/balance"))
        asked_at = time.monotonic()
        shown = await self._clients.read(person, path)
        told_at = time.monotonic()
        for one in (shown or {}).get("accounts", [shown] if shown else []):
            account = UUID(one.get("account_id") or one["id"])
            balance = round(Decimal(one["balance"]) * _LXC_MINOR)
            self._clients.history.looks.append(Look(account, balance, asked_at, told_at))


def forget_wishes(bulk: Operation) -> None:
    """Keep of a settled bulk what the oracles need: hundreds of wishes take much memory."""
    if bulk.outcome == "unknown":
        return
    bulk.body = {"mode": bulk.body["mode"], "count": len(bulk.body["transfers"])}
    if bulk.outcome == "acknowledged":
        bulk.answer = [one["transfer_id"] for one in bulk.answer["results"]]


def _small(chance: random.Random) -> str:
    return f"{chance.choice((0.01, 0.02, 0.5, 1.0)):.2f}"


def _key(chance: random.Random) -> str:
    return f"{chance.getrandbits(128):032x}"
