"""Who counts what a storm came to counts right: else it would find nothing."""

import asyncio
from collections import Counter
from typing import Any, Final

from tests.degraded.offering import Offering, Plan

SECONDS: Final = 0.5
PER_SECOND: Final = 100
_HEAD: Final = b"HTTP/1.1 %s Told\r\nContent-Length: 2\r\n%s\r\n{}"
_PROBLEM: Final = b"Content-Type: application/problem+json\r\n"
ANSWERS: Final = {
    "done": _HEAD % (b"201", b""),
    "refused": _HEAD % (b"503", _PROBLEM + b"Retry-After: 1\r\n"),
    "silent": _HEAD % (b"503", _PROBLEM),
    "stream": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "hung_up": b"",
}


async def offer(kinds: list[str], **chosen: Any) -> Offering:
    """What is seen of a server that answers each kind in its way; others it never answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (line := await reader.readline()) and (kind := line.decode().split("/")[1]):
            said = ANSWERS.get(kind.split(" ")[0])
            await reader.readline()
            if said:
                writer.write(said)
            elif said is not None:
                break
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        plan = {
            "port": server.sockets[0].getsockname()[1],
            "requests": {kind: [f"GET /{kind} HTTP/1.1\r\n\r\n"] for kind in kinds},
            "order": kinds,
            "first": 1,
            "stride": 2,
            "seconds": SECONDS,
            "per_second": PER_SECOND,
            "connections": 2,
            "patience_seconds": 1.0,
        }
        offering = Offering(Plan(**plan | chosen))
        await offering.open()
        await offering.offer()
        for one in offering.idle:
            one.hang_up()
    return offering


async def test_each_answer_is_counted_as_what_it_is() -> None:
    """Done, refused, refused without saying when, begun, hung up on, and never answered."""
    kinds = [*ANSWERS, "forgotten"]
    offering = await offer(kinds)
    seen = offering.seen
    # As many as were due, unless the machine kept it from sending the last ones in time.
    assert 0 < offering.sent <= SECONDS * PER_SECOND
    assert seen["done"].statuses == Counter({201: len(seen["done"].done)})
    assert all(number % 2 for number in seen["done"].done)
    assert len(seen["done"].done_seconds) == len(seen["done"].done) > 0
    assert seen["refused"].statuses == Counter({503: len(seen["refused"].refused)})
    assert (seen["refused"].silent, len(seen["silent"].refused)) == (0, seen["silent"].silent)
    assert seen["silent"].silent > 0
    assert seen["stream"].statuses.keys() == {200}
    assert {fault.split(":")[0] for fault in seen["hung_up"].unanswered} == {"hung up"}
    assert set(seen["forgotten"].unanswered) == {"no answer in time"}


async def test_who_waits_for_answers_asks_again() -> None:
    """Without a rate each connection has one request at a time, for as long as it may."""
    offering = await offer(["done"], per_second=0.0, connections=1)
    done = offering.seen["done"].done
    assert done == list(range(1, 2 * len(done), 2))
    assert len(done) > 1
    # What is sent as the time ends is not counted as sent in it.
    assert len(done) - offering.sent in {0, 1}
