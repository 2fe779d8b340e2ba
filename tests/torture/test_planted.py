"""The harness is tested: what is spoiled on purpose, after a run, is found by the oracle for it.

Each plant is made in a transaction that sees the whole of the database as its superuser, past
the triggers that would refuse it, and is rolled back after the oracles have looked.
"""

from dataclasses import dataclass, replace
from typing import Final

import asyncpg
import pytest

from chassis.database import prepare_connection
from embedded.torture.examine import Evidence, examine, examine_database
from embedded.torture.oracles.books import audit_is_clean
from embedded.torture.oracles.findings import Violation
from embedded.torture.plan import draw_plan
from embedded.torture.report import Report
from embedded.torture.run import torture

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.timeout(600)]

SECONDS: Final = 25.0


@dataclass(frozen=True, slots=True)
class Plant:
    """Something spoiled in the database, and the oracle that must say so."""

    name: str
    oracle: str
    statement: str


PLANTS: Final = (
    Plant(
        "an entry is removed",
        "O1",
        """DELETE FROM ledger.entry WHERE ctid = (
            SELECT ctid FROM ledger.entry WHERE account_seq = 1 AND amount_minor > 0 LIMIT 1)""",
    ),
    Plant(
        "an entry in the midst of a chain is removed",
        "O2",
        """DELETE FROM ledger.entry WHERE ctid = (
            SELECT ctid FROM ledger.entry WHERE account_seq = 2 LIMIT 1)""",
    ),
    Plant(
        "a balance is rounded",
        "O2",
        """UPDATE ledger.entry SET balance_after_minor = balance_after_minor + 1
        WHERE ctid = (SELECT ctid FROM ledger.entry WHERE account_seq = 2 LIMIT 1)""",
    ),
    Plant(
        "an account is overdrawn",
        "O2",
        """UPDATE ledger.entry SET amount_minor = amount_minor - 10 ^ 12,
            balance_after_minor = balance_after_minor - 10 ^ 12
        WHERE (account_id, account_seq) = (
            SELECT e.account_id, max(e.account_seq) FROM ledger.entry AS e
            INNER JOIN ledger.account AS a ON a.id = e.account_id AND a.type = 'MAIN'
            GROUP BY e.account_id LIMIT 1)""",
    ),
    Plant(
        "an acknowledged transfer is missing",
        "O3",
        """DELETE FROM ledger.transfer WHERE ctid = (
            SELECT ctid FROM ledger.transfer WHERE kind = 'transfer' LIMIT 1)""",
    ),
    Plant(
        "a transfer is made twice",
        "O3",
        """INSERT INTO ledger.transfer (id, kind, entry_count, effective_at, posted_at, metadata)
        SELECT gen_random_uuid(), kind, entry_count, effective_at, posted_at, metadata
        FROM ledger.transfer WHERE kind = 'transfer' LIMIT 1""",
    ),
    Plant(
        "a reservation is missing",
        "O3",
        """DELETE FROM ledger.reservation WHERE ctid = (
            SELECT ctid FROM ledger.reservation WHERE memo IS NOT NULL LIMIT 1)""",
    ),
    Plant(
        "an event was said before the change and the change was not made",
        "O4",
        """INSERT INTO ledger.outbox (event_id, topic, key, part, headers, payload, published_at)
        VALUES (gen_random_uuid(), 'ledger.transfers.v1', gen_random_uuid()::text, 0, '{}', '',
            now())""",
    ),
    Plant(
        "an event was not sent",
        "O4",
        """UPDATE ledger.outbox SET published_at = NULL
        WHERE ctid = (SELECT ctid FROM ledger.outbox LIMIT 1)
        AND tableoid = (SELECT tableoid FROM ledger.outbox LIMIT 1)""",
    ),
    Plant(
        "a message was acknowledged and not handled",
        "O4",
        """DELETE FROM gateway.inbox WHERE event_id = (
            SELECT event_id FROM gateway.inbox WHERE outcome = 'PROCESSED' LIMIT 1)""",
    ),
    Plant(
        "messages of one key were handled in another order",
        "O5",
        """UPDATE gateway.inbox SET received_at = now() - interval '1 day'
        WHERE event_id = (SELECT event_id FROM marketplace.outbox
            WHERE topic = 'marketplace.trades.v1' AND key IN (
                SELECT key FROM marketplace.outbox WHERE topic = 'marketplace.trades.v1'
                GROUP BY key HAVING count(*) > 1)
            ORDER BY key, id DESC LIMIT 1)""",
    ),
    Plant(
        "a message was applied twice",
        "O6",
        """WITH again AS (SELECT * FROM gateway.live_event LIMIT 1), counted AS (
            UPDATE gateway.live_counter AS c SET last_seq = last_seq + 1 FROM again
            WHERE c.user_id = again.user_id RETURNING c.user_id, c.last_seq)
        INSERT INTO gateway.live_event (user_id, seq, event_id, type_name, data, occurred_at)
        SELECT user_id, last_seq, event_id, type_name, data, occurred_at
        FROM again INNER JOIN counted USING (user_id)""",
    ),
    Plant(
        "a compensation was made that nobody asked for",
        "O6",
        """UPDATE ledger.escrow SET state = 'REFUNDED', settled_by = funded_by, fee_minor = NULL
        WHERE id = (
            SELECT id FROM marketplace.trade WHERE state IN ('released', 'funded') LIMIT 1)""",
    ),
    Plant(
        "the index holds an older version",
        "O6",
        """UPDATE marketplace.item SET version = version + 1
        WHERE id = (SELECT id FROM marketplace.item WHERE status = 'active' LIMIT 1)""",
    ),
    Plant(
        "a member is not known",
        "O6",
        """DELETE FROM marketplace.member WHERE ctid = (
            SELECT ctid FROM marketplace.member LIMIT 1)""",
    ),
    Plant(
        "nobody answers for an issuance",
        "O7",
        """UPDATE ledger.transfer SET initiated_by = NULL WHERE id = (
            SELECT id FROM ledger.transfer WHERE kind = 'issuance' LIMIT 1)""",
    ),
    Plant(
        "two accounts saw transfers in different orders",
        "serial",
        """WITH ends AS (
            SELECT account_id, min(account_seq) AS one, max(account_seq) AS other
            FROM ledger.entry
            WHERE account_id IN (SELECT id FROM ledger.account WHERE type = 'MAIN')
            GROUP BY account_id HAVING count(*) > 5 LIMIT 1
        ), swapped AS (
            SELECT e.account_id, e.account_seq, o.transfer_id, o.position
            FROM ends INNER JOIN ledger.entry AS e ON e.account_id = ends.account_id
                AND e.account_seq IN (ends.one, ends.other)
            INNER JOIN ledger.entry AS o ON o.account_id = ends.account_id
                AND o.account_seq = ends.one + ends.other - e.account_seq
        )
        UPDATE ledger.entry AS e SET transfer_id = s.transfer_id, position = s.position + 500
        FROM swapped AS s WHERE e.account_id = s.account_id AND e.account_seq = s.account_seq""",
    ),
)


async def find(evidence: Evidence, plant: Plant) -> list[Violation]:
    """What the oracles say of a spoiled database, which is as before afterwards."""
    conn = await asyncpg.connect(evidence.superuser_url)
    try:
        await prepare_connection(conn)
        spoiling = conn.transaction()
        await spoiling.start()
        await conn.execute("SET LOCAL session_replication_role = replica")
        if (await conn.execute(plant.statement)).endswith(" 0"):
            return [Violation("none", plant.name, "there was nothing to spoil")]
        found = await examine_database(conn, evidence)
        await spoiling.rollback()
        return found
    finally:
        await conn.close()


async def rewrite_a_leaf(evidence: Evidence) -> list[Violation]:
    """What the audit says of a rewritten leaf: it sees what is committed, so it is mended after."""
    conn = await asyncpg.connect(evidence.superuser_url)
    try:
        await conn.execute("SET session_replication_role = replica")
        leaf = await conn.fetchrow(
            "SELECT leaf_index, leaf_hash FROM ledger.transparency_leaf ORDER BY 1 DESC LIMIT 1"
        )
        spoil = "UPDATE ledger.transparency_leaf SET leaf_hash = $2 WHERE leaf_index = $1"
        await conn.execute(spoil, leaf["leaf_index"], bytes(32))
        found = await audit_is_clean(evidence.ledger_url)
        await conn.execute(spoil, leaf["leaf_index"], leaf["leaf_hash"])
        return found
    finally:
        await conn.close()


async def test_every_plant_is_found_by_its_oracle() -> None:
    """After a run without a violation, each thing that is spoiled is named; then all is well."""
    missed: dict[str, list[Violation]] = {}

    async def then(evidence: Evidence) -> None:
        for plant in PLANTS:
            found = await find(evidence, plant)
            if plant.oracle not in {violation.oracle for violation in found}:
                missed[plant.name] = found
        found = await rewrite_a_leaf(evidence)
        if "O7" not in {violation.oracle for violation in found}:
            missed["a leaf of the log was rewritten"] = found
        [*_, last] = [
            one
            for one in evidence.history.operations
            if one.kind == "transfer" and one.outcome == "acknowledged"
        ]
        last.answer = last.answer | {"id": "0192f0c0-0000-7000-8000-000000000000"}
        found = await examine(evidence)
        if "O3" not in {violation.oracle for violation in found}:
            missed["a write that was acknowledged is missing"] = found
        spared = replace(evidence, poison=evidence.poison[1:])
        assert evidence.poison, "the run spoiled no message"
        if "O4" not in {violation.oracle for violation in await examine(spared)}:
            missed["a good message was given up"] = found

    drawn = draw_plan(12, SECONDS, ["messages"], people=12)
    # Some of everything that is to be spoiled, on a slow machine too.
    mix = {"transfer": 3, "trade": 6, "reservation": 3, "import": 1}
    plan = replace(drawn, world=replace(drawn.world, weights=mix, bulk_max=20, bulk_workers=1))
    report = await torture(plan, Report(plan, "as this test does"), then=then)
    assert report.violations == []
    assert {name: [str(one) for one in found] for name, found in missed.items()} == {}
