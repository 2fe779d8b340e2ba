"""At the end of a lane all of its books are looked at, by the services' own auditors and anew."""

from typing import Final

import asyncpg

from chassis.audit.keeper import AuditKeeper, signer_of
from chassis.audit.verify import verify_audit
from chassis.clock import SystemClock
from chassis.notes import SignerKey
from embedded.torture.oracles.projections import STEPS_WITHOUT, TRADES_WITHOUT
from ledger.audit.verify import CHECKS, verify_books
from ledger.transparency.audit import LOG
from ledger.transparency.keeper import LogKeeper
from tests.stack.database import ScratchDatabase

#: What an operator did to a trade is kept once: of the office, and of who rules on disputes.
ACTS_WITHOUT: Final = """
SELECT 'trade ' || t.id AS subject, s.compensated || ' compensations and ' || s.ruled
    || ' rulings, kept are ' || k.office || ' and ' || k.rulings AS detail
FROM marketplace.trade AS t
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE action = 'compensate') AS compensated,
        count(*) FILTER (WHERE action LIKE 'rule-%') AS ruled
    FROM marketplace.trade_step WHERE trade_id = t.id
) AS s
CROSS JOIN LATERAL (
    SELECT
        (SELECT count(*) FROM marketplace.operator_action
        WHERE subject = t.id::text AND action = 'saga.compensate') AS office,
        (SELECT count(*) FROM marketplace.audit_event
        WHERE entity_id = t.id::text AND action = 'trade.resolved') AS rulings
) AS k
WHERE (s.compensated, s.ruled) <> (k.office, k.rulings)
"""
ESCROWS_WITHOUT: Final = """
SELECT 'escrow ' || e.id AS subject, lower(e.state) || ', and there is no trade' AS detail
FROM ledger.escrow AS e LEFT JOIN marketplace.trade AS t ON t.id = e.id WHERE t.id IS NULL
"""


async def examine_books(scratch: ScratchDatabase, admin: asyncpg.Connection) -> list[str]:
    """O1, O2, O6 and O7 over every row of a lane; returns what is wrong.

    What waits for its place in the log of transfers and in the audit logs gets it first, and both
    are signed: so every hash and every signature is computed again.
    """
    key = SignerKey.from_seed("faults.localex.example", bytes(32))
    faults: list[str] = []
    async with scratch.open("ledger") as database:
        log = LogKeeper(database, SystemClock(), key)
        await log.sequence()
        await log.sign()
    report = await verify_books(scratch.url("ledger"))
    faults += [f"{one.check}: {one.subject} {one.detail}" for one in report.findings]
    unseen = [check for check in (*CHECKS, LOG) if not report.examined.get(check)]
    faults += [f"{check}: nothing was looked at" for check in unseen]
    for service in ("ledger", "marketplace"):
        signer = signer_of(key, service)
        async with scratch.open(service) as database:
            keeper = AuditKeeper(service, database, signer)
            await keeper.seal()
            await keeper.sign()
            async with database.connection() as conn:
                audited = await verify_audit(conn, service, signer=signer)
        faults += [f"audit log of {service}: {finding}" for finding in audited.findings]
    for question in (TRADES_WITHOUT, ESCROWS_WITHOUT, STEPS_WITHOUT, ACTS_WITHOUT):
        faults += [f"{row['subject']}: {row['detail']}" for row in await admin.fetch(question)]
    return faults
