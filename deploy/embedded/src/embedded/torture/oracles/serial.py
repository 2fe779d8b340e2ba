"""Serializability: the transfers have one order that all accounts and all clients agree with.

Each entry knows its place in its account, so the order in which transfers touched an account is
exact. With "this was answered before that was asked for" added, the whole must have no circle.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import asyncpg

from embedded.torture.history import Operation
from embedded.torture.oracles.findings import Violation, limited

SELECT_PLACES: Final = """
SELECT account_id::text AS account, account_seq AS place, transfer_id::text AS transfer
FROM ledger.entry ORDER BY account_id, account_seq
"""


@dataclass(frozen=True, slots=True)
class Span:
    """When a transfer was asked for and answered, as its client saw it."""

    asked_at: float
    told_at: float


async def read_chains(conn: asyncpg.Connection) -> dict[str, list[str]]:
    """The transfers of each account, in its order."""
    chains: dict[str, list[str]] = defaultdict(list)
    for row in await conn.fetch(SELECT_PLACES):
        chains[row["account"]].append(row["transfer"])
    return chains


def spans_of(operations: Iterable[Operation]) -> dict[str, Span]:
    """The spans of acknowledged transfers, by id."""
    spans = {}
    for one in operations:
        if one.outcome != "acknowledged" or one.told_at is None:
            continue
        span = Span(one.asked_at, one.told_at)
        if one.kind == "bulk":
            spans.update({told: span for told in one.answer if told})
        elif one.path in {"/v1/transfers", "/v1/issuances"}:
            spans[one.answer["id"]] = span
    return spans


def order_exists(chains: Mapping[str, Sequence[str]], spans: Mapping[str, Span]) -> list[Violation]:
    """Whether the transfers have one order; if not, one circle is named.

    Moments are nodes, too: a transfer that was answered points to its moment, each moment to the
    next one, and the last moment before a transfer was asked for points to it. So the edges are
    as many as the entries, not as the pairs of transfers.
    """
    after: dict[str, list[str]] = defaultdict(list)
    for chain in chains.values():
        for one, following in pairwise(chain):
            if one != following:
                after[one].append(following)
    moments = sorted({span.told_at for span in spans.values()})
    for number in range(1, len(moments)):
        after[f"moment {number - 1}"].append(f"moment {number}")
    places = {moment: number for number, moment in enumerate(moments)}
    asked = sorted((span.asked_at, transfer) for transfer, span in spans.items())
    passed = -1
    for asked_at, transfer in asked:
        while passed + 1 < len(moments) and moments[passed + 1] < asked_at:
            passed += 1
        if passed >= 0:
            after[f"moment {passed}"].append(transfer)
    for transfer, span in spans.items():
        after[transfer].append(f"moment {places[span.told_at]}")
    left = _left_in_circles(after)
    if not left:
        return []
    circle = _circle(after, left)
    return limited("serial", [(circle[0], f"comes before itself: {' -> '.join(circle)}")])


def _left_in_circles(after: Mapping[str, Sequence[str]]) -> set[str]:
    """What cannot be put in order: take away what nothing comes before, until nothing changes."""
    before: dict[str, int] = defaultdict(int)
    for one, following in after.items():
        before[one] += 0
        for next_one in following:
            before[next_one] += 1
    free = [one for one, count in before.items() if not count]
    ordered = 0
    while free:
        one = free.pop()
        ordered += 1
        for next_one in after.get(one, ()):
            before[next_one] -= 1
            if not before[next_one]:
                free.append(next_one)
    if ordered == len(before):
        return set()
    return {one for one, count in before.items() if count}


def _circle(after: Mapping[str, Sequence[str]], left: set[str]) -> list[str]:
    """One circle among what is left; walked backwards, which cannot leave it."""
    behind = {next_one: one for one in left for next_one in after.get(one, ()) if next_one in left}
    seen: dict[str, int] = {}
    path: list[str] = []
    one = next(iter(behind))
    while one not in seen:
        seen[one] = len(path)
        path.append(one)
        one = behind[one]
    return [*reversed(path[seen[one] :]), path[-1]]
