"""The audit log: added to by the service, never changed by anybody, and a change of it is found."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from chassis.audit.keeper import AuditKeeper, read_retired, signer_of
from chassis.audit.record import Act, record_acts
from chassis.audit.verify import verify_audit
from chassis.database import Database
from chassis.notes import MalformedNote, SignerKey
from libs.chassis.tests.audit.conftest import ANA, RECHAIN, acts, examine, tamper
from tests.stack.database import ScratchDatabase


async def test_an_act_tells_who_what_and_from_where(database: Database) -> None:
    """Actor, before, after, reason, address, agent, session and request are columns."""
    await acts(database, "a")
    row = await database.pool.fetchrow("SELECT * FROM audit_event")
    assert row["actor_id"] == ANA
    assert (row["action"], row["entity"], row["entity_id"]) == ("account.frozen", "account", "a")
    assert row["before"] == {"frozen": False, "floor": None}
    assert row["after"]["frozen"] is True
    assert (row["address"], row["agent"]) == ("192.0.2.7", "LocalEx/1 (tests)")
    assert (row["session_id"], row["correlation_id"]) == (UUID(int=2), "request-1")
    assert row["recorded_as"] == "gateway"


async def test_an_act_that_is_rolled_back_was_none(database: Database) -> None:
    """It is written in the transaction of what is done."""

    async def fail() -> None:
        async with database.transaction() as conn:
            await record_acts(conn, Act("a", "b", "c"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await database.pool.fetchval("SELECT count(*) FROM audit_event") == 0


@pytest.mark.parametrize("table", ["audit_event", "audit_seal", "audit_checkpoint"])
@pytest.mark.parametrize(
    "change", ["DELETE FROM {0}", "UPDATE {0} SET {1} = {1}", "TRUNCATE {0} CASCADE"]
)
async def test_nobody_changes_what_is_kept(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper, table: str, change: str
) -> None:
    """The service has no right to, and the tables refuse their owner and a superuser."""
    await acts(database, "a")
    await keeper.seal()
    await keeper.sign()
    column = {"audit_event": "reason", "audit_seal": "hash", "audit_checkpoint": "note"}[table]
    statement = change.format(table, column)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.pool.execute(statement)
    async with scratch.connect("admin") as admin:
        await admin.execute("SET search_path = gateway")
        with pytest.raises(asyncpg.CheckViolationError, match="only ever added to"):
            await admin.execute(statement)


async def test_a_month_cannot_be_emptied_alone(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper
) -> None:
    """Partitions have the guard against TRUNCATE as well."""
    await keeper.make_months()
    await acts(database, "a")
    async with scratch.connect("admin") as admin:
        for (child,) in await admin.fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'gateway.audit_event'::regclass"
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                await admin.execute(f"TRUNCATE {child}")


@pytest.mark.parametrize("column", ["recorded_at", "recorded_as"])
async def test_nobody_says_when_or_as_whom_they_wrote(database: Database, column: str) -> None:
    """The database says it."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.pool.execute(
            f"INSERT INTO audit_event (id, action, entity, entity_id, {column}) "
            "VALUES (uuidv7(), 'a', 'b', 'c', '2026-01-01')"
        )


async def test_the_service_writes_no_link_itself(database: Database) -> None:
    """Places and hashes are made by the one function that makes them."""
    for table in ("audit_seal", "audit_pending"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.pool.execute(f"INSERT INTO {table} DEFAULT VALUES")


async def test_the_chain_is_what_anybody_recomputes(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper
) -> None:
    """Python recomputes what SQL chained, whatever is in the texts; all is signed."""
    await acts(database, "a", "b", "\u00e9,3:x")
    assert await keeper.seal() == 3
    await keeper.sign()
    report = await examine(scratch)
    assert report.findings == []
    assert (report.events, report.signed, report.pending) == (3, 3, 0)


async def test_only_what_is_committed_gets_a_place(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper
) -> None:
    """An event that is written first and committed last comes last; none is left out."""
    async with database.transaction() as conn:
        await record_acts(conn, Act("a", "late", "1"))
        await acts(database, "early")
        assert await keeper.seal() == 1
    assert await keeper.seal() == 1
    rows = await database.pool.fetch(
        "SELECT e.entity FROM audit_seal AS s JOIN audit_event AS e ON e.id = s.event_id "
        "ORDER BY s.seq"
    )
    assert [row["entity"] for row in rows] == ["account", "late"]
    assert (await examine(scratch)).findings == []


async def test_many_sealers_make_one_chain(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper
) -> None:
    """Several processes at it at once give each event one place."""
    await asyncio.gather(*(acts(database, *"abcde") for _ in range(4)))
    while await keeper.seal():
        await asyncio.gather(*(keeper.seal() for _ in range(5)))
    await asyncio.gather(*(keeper.seal() for _ in range(5)))
    report = await examine(scratch)
    assert (report.events, report.pending, report.findings) == (20, 0, [])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            "UPDATE audit_event SET after = '{\"frozen\": false}' WHERE entity_id = 'b'",
            "place 2: event",
        ),
        ("UPDATE audit_event SET actor_id = NULL WHERE entity_id = 'b'", "place 2: event"),
        (
            "UPDATE audit_event SET recorded_as = 'somebody' WHERE entity_id = 'c'",
            "place 3: event",
        ),
        ("DELETE FROM audit_event WHERE entity_id = 'a'", "place 1: event"),
        ("DELETE FROM audit_seal WHERE seq = 2", "place 2: missing"),
        ("UPDATE audit_seal SET hash = sha256('') WHERE seq = 2", "place 2: event"),
    ],
)
async def test_a_planted_change_is_found_at_its_place(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper, change: str, found: str
) -> None:
    """The first finding names the first broken row."""
    await acts(database, "a", "b", "c")
    await keeper.seal()
    await tamper(scratch, change)
    findings = (await examine(scratch)).findings
    assert findings[0].startswith(found)


async def test_a_chain_written_anew_is_found_by_its_signature(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper
) -> None:
    """Whoever changes an event and every hash behind it cannot sign the new end."""
    await acts(database, "a", "b", "c")
    await keeper.seal()
    await keeper.sign()
    await tamper(scratch, "UPDATE audit_event SET reason = 'x' WHERE entity_id = 'b'", RECHAIN)
    assert (await examine(scratch)).findings == [
        "place 3: the checkpoint of 3 events has another root"
    ]


async def test_an_event_taken_out_of_the_queue_is_found(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper
) -> None:
    """What is neither sealed nor waiting was kept from the chain."""
    await acts(database, "a", "b")
    await tamper(
        scratch, "DELETE FROM audit_pending WHERE event_id = (SELECT id FROM audit_event LIMIT 1)"
    )
    await keeper.seal()
    [finding] = (await examine(scratch)).findings
    assert finding.endswith("is neither sealed nor waiting")


async def test_a_broken_chain_is_not_signed(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper
) -> None:
    """What comes to be signed is hashed again before; a change since then stops it."""
    await acts(database, "a")
    await keeper.seal()
    await keeper.sign()
    await acts(database, "b", "c")
    await keeper.seal()
    await tamper(scratch, "UPDATE audit_event SET reason = 'x' WHERE entity_id = 'b'")
    await keeper.sign()
    assert await database.pool.fetchval("SELECT max(size) FROM audit_checkpoint") == 1


async def test_another_keys_checkpoint_is_found(
    scratch: ScratchDatabase, database: Database
) -> None:
    """A service that was taken over can sign only with its own key."""
    other = signer_of(SignerKey.from_seed("audit.localex.example", bytes(31) + b"x"), "gateway")
    keeper = AuditKeeper("gateway", database, other)
    await acts(database, "a")
    await keeper.seal()
    await keeper.sign()
    [finding] = (await examine(scratch)).findings
    assert finding.startswith("checkpoint 1: a checkpoint is not of this log's key")


async def test_months_are_made_ahead(database: Database, keeper: AuditKeeper) -> None:
    """Four months from this one on have partitions, and a second round makes none."""
    await keeper.make_months()
    today = datetime.now(UTC).date()
    firsts = [divmod(today.year * 12 + today.month - 1 + n, 12) for n in range(4)]
    months = [date(year, month + 1, 1) for year, month in firsts]
    rows = await database.pool.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits "
        "WHERE inhparent = 'audit_event'::regclass"
    )
    assert {f"audit_event_{month:%Y%m}" for month in months} <= {row["name"] for row in rows}
    assert await database.pool.fetchval("SELECT ensure_audit_partitions($1, 4)", today) == 0


async def test_a_retired_keys_signatures_are_believed(
    scratch: ScratchDatabase, database: Database, keeper: AuditKeeper, tmp_path: Path
) -> None:
    """A new key goes on where the old one ended, and both parts examine; it needs to know of it."""
    await acts(database, "a")
    await keeper.seal()
    await keeper.sign()
    old = SignerKey.from_seed("audit.localex.example", bytes(32))
    new = signer_of(SignerKey.from_seed("audit.localex.example", bytes(31) + b"1"), "gateway")
    kept = tmp_path / "retired"
    kept.write_text(f"{old.verifier().render()}\n\n")
    retired = read_retired(kept, "gateway")
    await acts(database, "b")
    await keeper.seal()
    await AuditKeeper("gateway", database, new).sign()
    assert await database.pool.fetchval("SELECT max(size) FROM audit_checkpoint") == 1
    await AuditKeeper("gateway", database, new, retired=retired).sign()
    assert await database.pool.fetchval("SELECT max(size) FROM audit_checkpoint") == 2
    async with scratch.connect("operator") as conn:
        await conn.execute("SET search_path = gateway")
        known = await verify_audit(conn, "gateway", signer=new, retired=retired)
        unknown = await verify_audit(conn, "gateway", signer=new)
    assert (known.findings, known.signed) == ([], 2)
    assert len(unknown.findings) == 1
    assert unknown.findings[0].startswith("checkpoint 1: a checkpoint is not of this log's key")


def test_a_retired_key_that_is_none_is_refused(tmp_path: Path) -> None:
    """A secret key neither: its file is for public ones."""
    kept = tmp_path / "retired"
    kept.write_text(SignerKey.from_seed("audit.localex.example", bytes(32)).render())
    with pytest.raises(MalformedNote):
        read_retired(kept, "gateway")
