"""Linear: whoever looks at an account sees its newest balance, or one that came about meanwhile.

The entries of an account are all its balances, in order. A look must show one of them: not older
than what was told before it was asked for, not newer than what was asked for after it was told,
and never older than what an earlier look has shown.
"""

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

import asyncpg

from embedded.torture.history import Look
from embedded.torture.oracles.findings import Violation, limited
from embedded.torture.oracles.serial import Span

SELECT_BALANCES: Final = """
SELECT account_id::text AS account, array_agg(balance_after_minor ORDER BY account_seq) AS balances
FROM ledger.entry WHERE account_id = ANY($1::uuid []) GROUP BY account_id
"""


async def read_balances(conn: asyncpg.Connection, looks: Iterable[Look]) -> dict[str, list[int]]:
    """The balances after each entry of the accounts that were looked at, in order."""
    rows = await conn.fetch(SELECT_BALANCES, list({look.account for look in looks}))
    return {row["account"]: row["balances"] for row in rows}


def looks_are_linear(
    looks: Iterable[Look],
    balances: Mapping[str, Sequence[int]],
    chains: Mapping[str, Sequence[str]],
    spans: Mapping[str, Span],
) -> list[Violation]:
    """Whether every look has a place among its account's entries.

    Args:
        looks: Of all accounts.
        balances: After each entry, by account.
        chains: The transfer of each entry, by account.
        spans: When transfers were asked for and told, by id, as far as that is known.
    """
    by_account: dict[str, list[Look]] = defaultdict(list)
    for look in looks:
        by_account[str(look.account)].append(look)
    return limited(
        "linear",
        (
            found
            for account, seen in by_account.items()
            for found in _misplaced(
                account, seen, balances.get(account, ()), chains.get(account, ()), spans
            )
        ),
    )


def _misplaced(
    account: str,
    looks: list[Look],
    balances: Sequence[int],
    chain: Sequence[str],
    spans: Mapping[str, Span],
) -> Iterator[tuple[str, str]]:
    """Give each look the earliest place that it may have; name those that have none.

    Place n is after n entries. The earliest leaves most room for the looks after it.
    """
    places = _places_of(balances, chain)
    known = [(number, spans[one]) for number, one in enumerate(chain, 1) if one in spans]
    told = sorted((span.told_at, number) for number, span in known)
    told_at, least = [at for at, _ in told], [*accumulate((n for _, n in told), max)]
    asked = sorted(((span.asked_at, number) for number, span in known), reverse=True)
    asked_at, most = [-at for at, _ in asked], [*accumulate((n for _, n in asked), min)]
    seen, open_looks = 0, list[tuple[float, int]]()
    for look in sorted(looks, key=lambda one: one.asked_at):
        while open_looks and open_looks[0][0] < look.asked_at:
            seen = max(seen, heapq.heappop(open_looks)[1])
        before = bisect_left(told_at, look.asked_at)
        behind = bisect_left(asked_at, -look.told_at)
        lowest = max(seen, least[before - 1] if before else 0)
        highest = most[behind - 1] - 1 if behind else len(chain)
        fitting = places.get(look.balance_minor, [])
        at = bisect_left(fitting, lowest)
        if at == len(fitting) or fitting[at] > highest:
            when = f"from {look.asked_at:.3f} to {look.told_at:.3f}"
            after = f"after any of the entries {lowest} to {highest}"
            yield f"account {account}", f"showed {look.balance_minor} {when}, not had {after}"
            continue
        heapq.heappush(open_looks, (look.told_at, fitting[at]))


def _places_of(balances: Sequence[int], chain: Sequence[str]) -> dict[int, list[int]]:
    """After how many entries an account had a balance; never in the midst of a transfer."""
    places: dict[int, list[int]] = defaultdict(list)
    places[0].append(0)
    for number, balance in enumerate(balances, 1):
        if number == len(chain) or chain[number] != chain[number - 1]:
            places[balance].append(number)
    return places
