"""Old months of the audit log leave for object storage only as what they are, and stay examined."""

import gzip
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest

from chassis.audit import queries
from chassis.audit.archive import NotArchived, archive_month, browse_months, read_month
from chassis.audit.keeper import AuditKeeper
from chassis.audit.shelf import Shelf, Storage
from chassis.database import Database
from libs.chassis.tests.audit.conftest import acts, examine, tamper
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

OLD = date(2025, 1, 1)
INSERT_OLD = """
INSERT INTO audit_event (id, recorded_at, action, entity, entity_id, after, reason)
SELECT uuidv7(), '2025-01-31T20:00:00Z'::timestamptz + n * interval '1 hour', 'account.frozen',
    'account', n::text, '{"odd": "a,1:\u00fc"}', E'a\u2028b\nc'
FROM generate_series(1, 3) AS n
"""


@pytest.fixture
def shelf(s3: Backend, scratch: ScratchDatabase) -> Shelf:
    """A folder of this test's own."""
    known: dict[str, Any] = {
        name: s3.settings[f"LOCALEX_S3_{name.upper()}"]
        for name in ("endpoint", "bucket", "access_key", "secret_key")
    }
    storage = Storage(**known)
    return Shelf.at(storage, f"gateway-{scratch.name}-{datetime.now(UTC):%H%M%S%f}")


@pytest.fixture
async def old(scratch: ScratchDatabase, database: Database, keeper: AuditKeeper) -> None:
    """Three events of an old month and one of now, sealed and signed."""
    async with scratch.connect("admin") as admin:
        await admin.execute("SET search_path = gateway")
        await admin.execute("SELECT ensure_audit_partitions('2025-01-01', 1)")
        await admin.execute(INSERT_OLD)
    await acts(database, "new")
    await keeper.seal()
    await keeper.sign()


async def archive(scratch: ScratchDatabase, shelf: Shelf, month: date = OLD) -> int:
    """As the operators' role; how many events went."""
    async with scratch.connect("operator") as conn:
        await conn.execute("SET search_path = gateway")
        found = await archive_month(conn, month, shelf, whom="ana")
    return found.events if found else 0


async def there(scratch: ScratchDatabase) -> list[date]:
    """Old months that are in the database."""
    async with scratch.connect("operator") as conn:
        await conn.execute("SET search_path = gateway")
        return list(await browse_months(conn, date(2025, 12, 1)))


async def kept(scratch: ScratchDatabase) -> asyncpg.Record:
    """What the database says of the archived month."""
    async with scratch.connect("operator") as conn:
        await conn.execute("SET search_path = gateway")
        [row] = await conn.fetch(queries.SELECT_ARCHIVES)
    return row


@pytest.mark.usefixtures("old")
async def test_a_month_is_copied_and_leaves(scratch: ScratchDatabase, shelf: Shelf) -> None:
    """Its lines read like its events, and the log examines as before, that month too."""
    before = await examine(scratch)
    assert await archive(scratch, shelf) == 3
    assert await there(scratch) == []
    row = await kept(scratch)
    content = await shelf.get(row["path"])
    assert content is not None
    found = read_month(content)
    assert sorted(found) == [1, 2, 3]
    assert found[1]["reason"] == "a\u2028b\nc"
    report = await examine(scratch, shelf)
    assert report.findings == []
    assert (report.events, report.archived, report.signed) == (before.events, 3, 4)
    async with scratch.connect("operator") as conn:
        done = await conn.fetchrow(
            "SELECT * FROM gateway.audit_event WHERE action = 'audit.archived'"
        )
    assert done is not None
    assert (done["actor_name"], done["entity_id"]) == ("ana", "2025-01")
    assert done["after"] == {"path": row["path"], "events": 3}


@pytest.mark.usefixtures("old")
async def test_without_object_storage_it_is_said_that_a_month_was_not_examined(
    scratch: ScratchDatabase, shelf: Shelf
) -> None:
    """That is no finding, and no silence."""
    await archive(scratch, shelf)
    report = await examine(scratch)
    assert report.findings == []
    assert any("1 archived months were not examined" in note for note in report.notes)


async def forge(scratch: ScratchDatabase, shelf: Shelf) -> tuple[str, bytes]:
    """Change what an archived month says; its path, and what lies there now."""
    path = (await kept(scratch))["path"]
    content = await shelf.get(path)
    assert content is not None
    forged = gzip.compress(gzip.decompress(content).replace(b"frozen", b"thawed"), mtime=0)
    await shelf._store.put_async(path, forged)
    return path, forged


@pytest.mark.usefixtures("old")
async def test_a_changed_or_lost_object_is_found(scratch: ScratchDatabase, shelf: Shelf) -> None:
    """Whoever reaches the bucket rewrites no history."""
    await archive(scratch, shelf)
    path, _ = await forge(scratch, shelf)
    [finding] = (await examine(scratch, shelf)).findings
    assert finding == f"{path} with 3 events is not what was archived"
    await shelf._store.delete_async(path)
    [finding] = (await examine(scratch, shelf)).findings
    assert finding == f"{path} with 3 events is gone"


@pytest.mark.usefixtures("old")
async def test_whoever_changes_object_and_row_is_found_by_the_chain(
    scratch: ScratchDatabase, shelf: Shelf
) -> None:
    """The digest in the database is not what is believed in the end."""
    await archive(scratch, shelf)
    _, forged = await forge(scratch, shelf)
    await tamper(scratch, f"UPDATE audit_archive SET sha256 = sha256('\\x{forged.hex()}'::bytea)")
    findings = (await examine(scratch, shelf)).findings
    assert len(findings) == 3
    assert all("is not what was sealed" in one for one in findings)


class Forgetful(Shelf):
    """Says that all is written, and reads something else."""

    async def get(self, path: str) -> bytes | None:
        """Half of it."""
        content = await super().get(path)
        return content[: len(content) // 2] if content else None


@pytest.mark.usefixtures("old")
async def test_what_does_not_read_back_stays(scratch: ScratchDatabase, shelf: Shelf) -> None:
    """The partition is there until the copy is."""
    with pytest.raises(NotArchived, match="does not read like"):
        await archive(scratch, Forgetful(shelf._store, "gateway-forgetful"))
    assert await there(scratch) == [OLD]


@pytest.mark.usefixtures("old")
async def test_a_changed_event_is_not_archived(scratch: ScratchDatabase, shelf: Shelf) -> None:
    """It would be made good by its copy."""
    await tamper(scratch, "UPDATE audit_event SET reason = 'other' WHERE entity_id = '2'")
    with pytest.raises(NotArchived, match="is not what was sealed"):
        await archive(scratch, shelf)
    assert await there(scratch) == [OLD]


@pytest.mark.parametrize(
    ("prepare", "call", "constraint"),
    [
        ("", "date_trunc('month', now())::date, 'x', sha256(''), 1", "audit_archive_old"),
        (
            "",
            "(date_trunc('month', now()) - interval '3 months')::date, 'x', sha256(''), 1",
            "audit_archive_old",
        ),
        ("", "'2025-01-01', 'x', sha256(''), 2", "audit_archive_whole"),
        (
            "DELETE FROM audit_seal WHERE seq = 2",
            "'2025-01-01', 'x', sha256(''), 3",
            "audit_archive_whole",
        ),
        (
            "DELETE FROM audit_checkpoint",
            "'2025-01-01', 'x', sha256(''), 3",
            "audit_archive_signed",
        ),
        ("", "'2025-01-01', 'x', 'short', 3", "audit_archive_sha256_length"),
    ],
    ids=["new", "three_months", "another_count", "not_sealed", "not_signed", "no_digest"],
)
@pytest.mark.usefixtures("old")
async def test_the_database_lets_no_month_go_that_is_not_whole(
    scratch: ScratchDatabase, prepare: str, call: str, constraint: str
) -> None:
    """Too new, not counted, not sealed or not signed: whatever a program says."""
    if prepare:
        await tamper(scratch, prepare)
    async with scratch.connect("operator") as conn:
        await conn.execute("SET search_path = gateway")
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(f"SELECT archive_audit_month({call}, 'ana')")
    assert refused.value.constraint_name == constraint
    assert await there(scratch) == [OLD]


@pytest.mark.usefixtures("old")
async def test_only_operators_archive(scratch: ScratchDatabase, database: Database) -> None:
    """A service cannot let its own log go, and nobody changes what is kept of an archive."""
    call = "SELECT archive_audit_month('2025-01-01', 'x', sha256(''), 3, 'ana')"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.pool.execute(call)
    async with scratch.connect("admin") as admin:
        await admin.execute("SET search_path = gateway")
        for change in ("DELETE FROM audit_archive", "TRUNCATE audit_archive"):
            with pytest.raises(asyncpg.CheckViolationError, match="only ever added to"):
                await admin.execute(change)
