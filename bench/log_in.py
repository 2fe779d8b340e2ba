r"""Log-ins a second, and whether their time tells who is registered.

    .venv/bin/python bench/log_in.py [--log-ins 200] [--clients 8] [--pairs 90]

Starts Postgres, Valkey and the gateway of a stack of its own, registers one person, and measures
log-ins with the right password, `clients` at a time; then wrong passwords for that person and for
addresses that nobody has, one request at a time and in turn, so that what else the machine does
falls on both. Each wrong one comes from an account of its own, so that no brake is in the way.
`told` is how often the slower half of all is of registered people: 0.5 tells nothing. Prints one
JSON object; everything is stopped at the end.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import time
from typing import Any, Final

from embedded import Stack
from localex_client import LocalEx, Patience, ProblemError

PASSWORD: Final = "a long sentence is best"  # noqa: S105 - of nobody
ONCE: Final = Patience(tries_max=1)


def address() -> str:
    """An address that nobody has yet."""
    return f"{secrets.token_hex(8)}@localex.test"


async def refused(client: LocalEx, email: str) -> float:
    """Seconds until a wrong password is refused."""
    started = time.perf_counter()
    try:
        await client.log_in(email, "not the password")
    except ProblemError as problem:
        if problem.slug != "wrong-credentials":
            raise
    return time.perf_counter() - started


async def throughput(gateway: str, email: str, count: int, clients: int) -> dict[str, float]:
    """Log-ins with the right password."""
    seconds: list[float] = []

    async def work(client: LocalEx) -> None:
        for _ in range(count // clients):
            started = time.perf_counter()
            await client.log_in(email, PASSWORD)
            seconds.append(time.perf_counter() - started)

    opened = [LocalEx(gateway, patience=ONCE) for _ in range(clients)]
    started = time.perf_counter()
    await asyncio.gather(*(work(client) for client in opened))
    whole = time.perf_counter() - started
    for client in opened:
        await client.close()
    return {
        "per_second": round(len(seconds) / whole, 1),
        "p50_ms": round(statistics.median(seconds) * 1000, 1),
        "p99_ms": round(statistics.quantiles(seconds, n=100)[98] * 1000, 1),
    }


async def timing(gateway: str, pairs: int) -> dict[str, float]:
    """Wrong passwords of registered people and of nobody, in turn."""
    known, unknown = [], []
    async with LocalEx(gateway, patience=ONCE) as client:
        people = [address() for _ in range(pairs)]
        for email in people:
            await client.register(email, PASSWORD, "Ana")
        for email in people:
            known.append(await refused(client, email))
            unknown.append(await refused(client, address()))
    middle = statistics.median([*known, *unknown])
    slower = sum(one > middle for one in known), sum(one > middle for one in unknown)
    return {
        "known_p50_ms": round(statistics.median(known) * 1000, 2),
        "unknown_p50_ms": round(statistics.median(unknown) * 1000, 2),
        "told": round(slower[0] / max(sum(slower), 1), 3),
    }


async def measure(gateway: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Both measurements."""
    email = address()
    async with LocalEx(gateway) as client:
        await client.register(email, PASSWORD, "Ana")
    return {
        "log_ins": await throughput(gateway, email, chosen.log_ins, chosen.clients),
        "timing": await timing(gateway, chosen.pairs),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log-ins", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    # Wrong ones are counted for the address, too: 200 are free.
    parser.add_argument("--pairs", type=int, default=90, choices=range(10, 96), metavar="10..95")
    chosen = parser.parse_args()
    with Stack.start(profile="lite", services=["gateway"]) as stack:
        print(json.dumps(asyncio.run(measure(stack.urls["gateway"], chosen))))


if __name__ == "__main__":
    main()
