"""What a cell has to leave, whatever happened in it: each wish done once, each answer the same."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from chassis.relay import ATTEMPTS_MAX
from tests.faults.subject import Story, person_of

SUMS: Final = """
SELECT
    (SELECT count(*) FROM ledger.transfer)
    - (SELECT count(*) FROM ledger.outbox WHERE topic = 'ledger.transfers.v1') AS untold,
    (SELECT count(*) FROM (
        SELECT FROM ledger.entry GROUP BY transfer_id, asset HAVING sum(amount_minor) <> 0
    ) AS unbalanced) AS unbalanced,
    (SELECT count(*) FROM (
        SELECT account_seq, row_number() OVER chain AS place, balance_after_minor,
            sum(amount_minor) OVER chain AS summed
        FROM ledger.entry WINDOW chain AS (PARTITION BY account_id ORDER BY account_seq)
    ) AS links WHERE account_seq <> place OR balance_after_minor <> summed) AS broken,
    (SELECT count(*) FROM ledger.account_balances WHERE available_minor < floor_minor) AS below,
    (SELECT count(*) FROM ledger.outbox
    WHERE failed_at IS NOT NULL AND jsonb_typeof(headers) = 'object')
    + (SELECT count(*) FROM marketplace.outbox WHERE failed_at IS NOT NULL) AS given_up
"""
OF_PERSON: Final = """
SELECT type, balance_minor::bigint, held_minor::bigint FROM ledger.account_balances
WHERE owner_id = $1
"""
KINDS: Final = """
SELECT kind, count(*) FROM ledger.transfer
WHERE initiated_by = $1 OR id IN (
    SELECT transfer_id FROM ledger.entry AS e JOIN ledger.account AS a ON a.id = e.account_id
    WHERE a.owner_id = $1
) GROUP BY kind
"""
STEPS: Final = """
SELECT t.state, array_agg(s.action ORDER BY s.version) AS actions
FROM marketplace.trade AS t JOIN marketplace.trade_step AS s ON s.trade_id = t.id
WHERE t.buyer_id = $1 GROUP BY t.id
"""
KEYS: Final = """
SELECT array_agg(key ORDER BY key) FROM (
    SELECT key FROM ledger.idempotent_answer WHERE owner = $1
    UNION ALL SELECT key FROM marketplace.idempotent_answer WHERE owner = $1
) AS answered
"""
#: The row that no broker takes, and the letter that was redriven, with what became of its message.
UNSENT: Final = "SELECT attempts, published_at FROM ledger.outbox WHERE event_id::text = $1"
REDRIVEN: Final = """
SELECT l.state, i.outcome FROM marketplace.dead_letter AS l
JOIN marketplace.inbox AS i ON i.consumer = l.consumer AND i.event_id = l.event_id
WHERE l.key = $1
"""


@dataclass(frozen=True)
class Left:
    """What a story leaves of its own.

    Attributes:
        transfers: How many of each kind move money of Ana's or by her wish.
        ana: What she has, in minor units; nothing is held, in escrow, or of gifts.
        ben: What he has, likewise.
        trades: How Ana's trades ended, and the steps of each.
        keys: Under which there are answers.
        letters: Whether a row could not be sent and a dead letter was redriven.
    """

    transfers: Mapping[str, int]
    ana: int
    ben: int
    trades: Sequence[tuple[str, list[str]]]
    keys: Sequence[str]
    letters: bool = False


@dataclass(frozen=True)
class Tale:
    """A story, and what it leaves."""

    tell: Story
    leaves: Left


async def examine_cell(
    admin: asyncpg.Connection, cell: int, left: Left, answers: Path
) -> list[str]:
    """The books are right, each wish was done exactly once, each answer is always the same."""
    sums = dict(await admin.fetchrow(SUMS))
    faults = [f"{name}: {count}" for name, count in sums.items() if count]
    ana = person_of(cell, "a")
    faults += unlike("transfers", dict(await admin.fetch(KINDS, ana)), dict(left.transfers))
    for name, amount in (("ana", left.ana), ("ben", left.ben)):
        rows = await admin.fetch(OF_PERSON, person_of(cell, name[0]))
        has = {kind: (have, held) for kind, have, held in rows}
        faults += unlike(name, has, {"MAIN": (amount, 0), "ESCROW": (0, 0), "GIFT": (0, 0)})
    trades = sorted(tuple(row) for row in await admin.fetch(STEPS, ana))
    faults += unlike("trades", trades, list(left.trades))
    faults += unlike("keys", await admin.fetchval(KEYS, str(ana)), list(left.keys))
    said = defaultdict(set)
    for line in answers.read_text().splitlines() if answers.exists() else []:
        key, body = json.loads(line)
        said[key].add(body)
    faults += [f"{key} had several answers: {s}" for key, s in said.items() if len(s) > 1]
    if left.letters:
        ids = {key: json.loads(next(iter(bodies)))["id"] for key, bodies in said.items()}
        unsent = [tuple(row) for row in await admin.fetch(UNSENT, ids.get("unsendable"))]
        faults += unlike("unsent", unsent, [(ATTEMPTS_MAX, None)])
        redriven = [tuple(row) for row in await admin.fetch(REDRIVEN, ids.get("orphan"))]
        faults += unlike("redriven", redriven, [("REDRIVEN", "PROCESSED")])
    return faults


def unlike(what: str, found: Any, expected: Any) -> list[str]:
    """Nothing if two are alike, else what was found and what should have been."""
    return [] if found == expected else [f"{what}: {found}, not {expected}"]
