"""O1, O2 and O7: sums, chains, floors and the log, by statements of our own and by the audit."""

from typing import Final

import asyncpg

from embedded.torture.oracles.findings import Violation, limited
from ledger.audit.verify import verify_books

#: Not the audit's statements: the two must agree without sharing a mistake.
SELECT_SUMS: Final = """
SELECT asset, sum(amount_minor)::text AS total FROM ledger.entry
GROUP BY asset HAVING sum(amount_minor) <> 0
"""
SELECT_BALANCES: Final = """
SELECT asset, sum(balance_minor)::text AS total FROM ledger.account_balances
GROUP BY asset HAVING sum(balance_minor) <> 0
"""
SELECT_CHAINS: Final = """
SELECT account_id, account_seq, CASE
    WHEN account_seq <> place THEN 'its place in the chain is ' || place
    ELSE 'the balance after it is ' || balance_after_minor || ', the sum is ' || summed
END AS detail
FROM (
    SELECT account_id, account_seq, balance_after_minor, row_number() OVER chain AS place,
        sum(amount_minor) OVER chain AS summed
    FROM ledger.entry WINDOW chain AS (PARTITION BY account_id ORDER BY account_seq)
) AS links
WHERE account_seq <> place OR balance_after_minor <> summed
"""
SELECT_BELOW_FLOOR: Final = """
SELECT id, available_minor::text AS available FROM ledger.account_balances
WHERE available_minor < floor_minor
"""
SELECT_MISHELD: Final = """
SELECT a.id, a.held_minor::text AS held FROM ledger.account_balances AS a
WHERE a.held_minor <> coalesce((
    SELECT sum(r.amount_minor - r.captured_minor - r.released_minor) FROM ledger.reservation AS r
    WHERE r.account_id = a.id AND r.state = 'ACTIVE'
), 0)
"""
SELECT_UNACCOUNTED: Final = """
SELECT t.id, CASE
    WHEN count(a.id) <> 1 THEN 'it is ' || count(a.id) || ' times in the audit log'
    ELSE 'nobody answers for it'
END AS detail
FROM ledger.transfer AS t
LEFT JOIN ledger.audit_event AS a ON a.entity = 'transfer' AND a.entity_id = t.id::text
WHERE t.kind = 'issuance' GROUP BY t.id
HAVING t.initiated_by IS NULL OR NOT t.metadata ? 'reason' OR count(a.id) <> 1
"""
_ORACLE_OF: Final = {"transfers": "O1", "entries": "O2", "floors": "O2", "outbox": "O4"}


async def sums_are_zero(conn: asyncpg.Connection) -> list[Violation]:
    """O1: all entries of an asset, and all balances, add up to nothing."""
    found = [
        (f"{what} in {row['asset']}", f"add up to {row['total']}")
        for what, statement in (("entries", SELECT_SUMS), ("balances", SELECT_BALANCES))
        for row in await conn.fetch(statement)
    ]
    return limited("O1", found)


async def chains_hold(conn: asyncpg.Connection) -> list[Violation]:
    """O2: chains without gaps, balances that continue, floors and holds kept."""
    found = [
        (f"account {row['account_id']} entry {row['account_seq']}", row["detail"])
        for row in await conn.fetch(SELECT_CHAINS)
    ]
    found += [
        (f"account {row['id']}", f"{row['available']} is available, below the floor")
        for row in await conn.fetch(SELECT_BELOW_FLOOR)
    ]
    found += [
        (f"account {row['id']}", f"{row['held']} is held, not what its reservations hold")
        for row in await conn.fetch(SELECT_MISHELD)
    ]
    return limited("O2", found)


async def issuances_are_accounted_for(conn: asyncpg.Connection) -> list[Violation]:
    """O7: somebody answers for each issuance, and it is in the audit log once."""
    rows = await conn.fetch(SELECT_UNACCOUNTED)
    return limited("O7", [(f"issuance {row['id']}", row["detail"]) for row in rows])


async def audit_is_clean(ledger_url: str) -> list[Violation]:
    """O1, O2, O4 and O7 as the ledger's own audit sees them, the log and its proofs included."""
    report = await verify_books(ledger_url)
    found = [
        violation
        for finding in report.findings
        for violation in limited(
            _ORACLE_OF.get(finding.check, "O7"), [(finding.subject, finding.detail)]
        )
    ]
    return found[:100]
