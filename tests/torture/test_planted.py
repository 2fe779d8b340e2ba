"""The harness is tested: what is spoiled on purpose, after a run, is found by the oracle for it.

Each plant is made in a transaction that sees the whole of the database as its superuser, past
the triggers that would refuse it, and is rolled back after the oracles have looked.
"""

from dataclasses import replace
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from chassis.database import prepare_connection
from embedded.torture.examine import Elsewhere, Evidence, examine, examine_database
from embedded.torture.history import Look
from embedded.torture.messages import POISON
from embedded.torture.oracles.acknowledged import effects_agree
from embedded.torture.oracles.audits import logs_verify
from embedded.torture.oracles.books import audit_is_clean
from embedded.torture.oracles.effects import read_effects
from embedded.torture.oracles.findings import Violation
from embedded.torture.plan import Fault, draw_plan
from embedded.torture.report import Report
from embedded.torture.run import torture
from tests.torture.plants import CHANGES, PLANTS, Change, Plant

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.timeout(1200)]

SECONDS: Final = 25.0


async def look(evidence: Evidence, elsewhere: Elsewhere) -> list[Violation]:
    """What the oracles say of the database as it is."""
    conn = await asyncpg.connect(evidence.superuser_url)
    try:
        await prepare_connection(conn)
        return await examine_database(conn, evidence, elsewhere)
    finally:
        await conn.close()


async def find(evidence: Evidence, elsewhere: Elsewhere, plant: Plant) -> list[Violation]:
    """What the oracles say of a spoiled database, which is as before afterwards."""
    conn = await asyncpg.connect(evidence.superuser_url)
    try:
        await prepare_connection(conn)
        spoiling = conn.transaction()
        await spoiling.start()
        await conn.execute("SET LOCAL session_replication_role = replica")
        if (await conn.execute(plant.statement)).endswith(" 0"):
            return [Violation("none", plant.name, "there was nothing to spoil")]
        found = await examine_database(conn, evidence, elsewhere)
        await spoiling.rollback()
        return found
    finally:
        await conn.close()


async def find_committed(evidence: Evidence, change: Change) -> list[Violation]:
    """What the audits say of a change: they see what is committed, so it is mended after."""
    conn = await asyncpg.connect(evidence.superuser_url)
    try:
        await conn.execute("SET session_replication_role = replica")
        before = await conn.fetchrow(change.remembered)
        await conn.execute(change.spoil, before[0])
        found = await logs_verify(evidence.superuser_url, evidence.audit_key_file)
        found += await audit_is_clean(evidence.ledger_url)
        await conn.execute(change.mend, *before)
        return found
    finally:
        await conn.close()


async def refuse_what_happened(evidence: Evidence) -> dict[str, list[Violation]]:
    """What O3 misses of effects that no client was told of: of each kind, one was refused."""
    conn = await asyncpg.connect(evidence.superuser_url)
    try:
        effects = await read_effects(conn)
    finally:
        await conn.close()
    missed = {}
    for kind in ("transfer", "reserve", "capture", "list", "offer", "trade step", "import"):
        # Of rows of imports the first one made the item, whatever came after.
        one = next(
            one
            for one in evidence.history.operations
            if one.kind == kind and one.outcome == "acknowledged"
        )
        one.outcome = "refused"
        found = effects_agree(evidence.history.operations, effects)
        if not found:
            missed[f"a refused {kind} happened"] = found
        one.outcome = "acknowledged"
    return missed


async def pay_late(evidence: Evidence, elsewhere: Elsewhere) -> bool:
    """Whether it is named that an expired reservation was paid from, of one that was not."""
    late = next(
        one
        for one in evidence.history.operations
        if one.kind == "late capture" and one.outcome == "refused"
    )
    true = late.answer
    late.outcome, late.answer = "acknowledged", {"transfer_id": "planted"}
    found = await look(evidence, elsewhere)
    late.outcome, late.answer = "refused", true
    return "what had expired was paid" in {violation.detail for violation in found}


async def look_back(evidence: Evidence, elsewhere: Elsewhere) -> bool:
    """Whether it is named that people were shown balances that were over, or never were."""
    looks = evidence.history.looks
    latest: dict[UUID, Look] = {}
    for one in sorted(looks, key=lambda look: look.told_at):
        latest[one.account] = one
    over = [
        replace(newest, balance_minor=one.balance_minor, asked_at=newest.told_at + 1, told_at=1e12)
        for one in looks
        if one.balance_minor != (newest := latest[one.account]).balance_minor
        and one.told_at < newest.asked_at
    ]
    never = [replace(over[0], balance_minor=123_456_789)]
    found = []
    for wrong in (over, never):
        looks += wrong
        found.append({violation.oracle for violation in await look(evidence, elsewhere)})
        del looks[-len(wrong) :]
    return all(oracles == {"linear"} for oracles in found)


async def change_what_was_told(
    evidence: Evidence, elsewhere: Elsewhere
) -> dict[str, list[Violation]]:
    """What the oracles miss of what clients were told, or were shown, otherwise than it was."""
    missed = await refuse_what_happened(evidence)
    if not await look_back(evidence, elsewhere):
        missed["a balance was shown that was over"] = []
    if not await pay_late(evidence, elsewhere):
        missed["what had expired was paid"] = []
    return missed


async def test_every_plant_is_found_by_its_oracle() -> None:
    """After a run without a violation, each thing that is spoiled is named; then all is well."""
    missed: dict[str, list[Violation]] = {}

    async def then(evidence: Evidence) -> None:
        elsewhere = await Elsewhere.read(evidence)
        for plant in PLANTS:
            found = await find(evidence, elsewhere, plant)
            if plant.oracle not in {violation.oracle for violation in found}:
                missed[plant.name] = found
        for change in CHANGES:
            found = await find_committed(evidence, change)
            if "O7" not in {violation.oracle for violation in found}:
                missed[change.name] = found
        [*_, last] = [
            one
            for one in evidence.history.operations
            if one.kind == "transfer" and one.outcome == "acknowledged"
        ]
        true = last.answer
        last.answer = true | {"id": "0192f0c0-0000-7000-8000-000000000000"}
        found = await examine(evidence)
        if "O3" not in {violation.oracle for violation in found}:
            missed["a write that was acknowledged is missing"] = found
        last.answer = true
        missed.update(await change_what_was_told(evidence, elsewhere))
        if found := await examine(evidence):
            missed["nothing is spoiled any more"] = found
        assert evidence.poison, "the run spoiled no message"
        others = elsewhere.topics.poison[1:]
        spared = replace(elsewhere, topics=replace(elsewhere.topics, poison=others))
        found = await look(replace(evidence, poison=()), spared)
        if "O4" not in {violation.oracle for violation in found}:
            missed["a good message was given up"] = found

    drawn = draw_plan(12, SECONDS, ["messages"], people=12)
    # Some of everything that is to be spoiled, on a slow machine too.
    mix = {"transfer": 3, "trade": 6, "reservation": 3, "late capture": 1, "import": 1, "issue": 1}
    world = replace(drawn.world, weights=mix, bulk_max=20, bulk_workers=1)
    # Each kind of poison, and time enough to write it.
    poison = tuple(Fault(2.0 * n, "messages", "", way, 20.0) for n, way in enumerate(POISON, 1))
    plan = replace(drawn, world=world, faults=poison)
    report = await torture(plan, Report(plan, "as this test does"), then=then)
    assert report.violations == []
    assert {name: [str(one) for one in found] for name, found in missed.items()} == {}
