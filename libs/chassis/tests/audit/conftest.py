"""An audit log of the tests' own, and what a superuser could do to it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from chassis import context
from chassis.audit.keeper import AuditKeeper, signer_of
from chassis.audit.record import Act, record_acts
from chassis.audit.shelf import Shelf
from chassis.audit.verify import AuditReport, verify_audit
from chassis.database import Database
from chassis.notes import SignerKey
from tests.stack.database import ScratchDatabase

ANA = UUID(int=1)
KEY = signer_of(SignerKey.from_seed("audit.localex.example", bytes(32)), "gateway")
HERE = context.Origin("192.0.2.7", "LocalEx/1 (tests)", ANA, UUID(int=2))
#: What a superuser can do, who is the only one that can.
UNLOCKED = "SET session_replication_role = replica"
RECHAIN = """
DO $$
DECLARE
    link bytea := sha256(convert_to('localex audit of gateway', 'UTF8'));
    place audit_seal;
BEGIN
    FOR place IN SELECT * FROM audit_seal ORDER BY seq LOOP
        SELECT sha256(link || convert_to(write_audit_line(place.seq, e), 'UTF8')) INTO link
        FROM audit_event AS e WHERE e.id = place.event_id;
        UPDATE audit_seal SET hash = link WHERE seq = place.seq;
    END LOOP;
END
$$
"""


@pytest.fixture
async def scratch(scratch_database: ScratchDatabase) -> ScratchDatabase:
    """An empty audit log: only a superuser with the guards off can empty one."""
    await tamper(
        scratch_database,
        "TRUNCATE audit_event, audit_pending, audit_seal, audit_checkpoint, audit_archive, "
        "operator_action, idempotent_answer",
    )
    return scratch_database


@pytest.fixture
async def database(scratch: ScratchDatabase) -> AsyncIterator[Database]:
    """As the service's own role."""
    async with scratch.open("gateway") as database:
        yield database


@pytest.fixture
def keeper(database: Database) -> AuditKeeper:
    """One that signs."""
    return AuditKeeper("gateway", database, KEY)


async def acts(database: Database, *names: str) -> None:
    """Write acts down, each in its own transaction."""
    for name in names:
        async with database.transaction() as conn:
            await record_acts(
                conn,
                Act(
                    "account.frozen",
                    "account",
                    name,
                    before={"frozen": False, "floor": None},
                    after={"frozen": True, "odd": 'a:1,"b" \u00e9\u4e2d\u0000'},
                    reason="1:a,-,2:bb \u00fc",
                    origin=HERE,
                    correlation_id="request-1",
                ),
            )


async def examine(scratch: ScratchDatabase, shelf: Shelf | None = None) -> AuditReport:
    """What `localex audit verify` finds, as the operators' role."""
    async with scratch.connect("operator") as conn:
        await conn.execute("SET search_path = gateway")
        return await verify_audit(conn, "gateway", signer=KEY, shelf=shelf)


async def tamper(scratch: ScratchDatabase, *statements: str) -> None:
    """Change what is kept, as a superuser who has switched the guards off."""
    async with scratch.connect("admin") as admin:
        await admin.execute(f"SET search_path = gateway; {UNLOCKED}")
        for statement in statements:
            await admin.execute(statement)
