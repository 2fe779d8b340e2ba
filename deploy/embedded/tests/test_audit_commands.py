"""`localex audit` and `localex vault` as people run them: exit codes and words."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chassis.audit.chain import genesis, link
from chassis.audit.keeper import AuditKeeper, signer_of
from chassis.audit.record import Act, record_acts
from chassis.notes import SignerKey
from embedded.credentials import ensure_audit_key, ensure_vault_keys
from embedded.places import Places
from gateway.vault.keep import keep_field
from gateway.vault.keyring import Keyring
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

COMMUNITY = """
INSERT INTO community (slug, name, state, version, opened_at, changed_at)
VALUES ('riverside', 'Riverside', 'OPEN', 1, now(), now()) ON CONFLICT DO NOTHING
"""
PEOPLE = """
INSERT INTO users (id, display_name, community, roles, created_at)
SELECT uuidv7(), 'Ana', 'riverside', ARRAY['MEMBER'], now() FROM generate_series(1, 3)
RETURNING id, created_at
"""


async def run(
    scratch: ScratchDatabase, places: Places, *words: object, **settings: str
) -> tuple[int, str]:
    """A command to its end."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("localex"),
        *(*map(str, words), "--data", str(places.data)),
        env=os.environ
        | {
            "LOCALEX_OPERATOR_DATABASE_URL": scratch.url("operator"),
            "GATEWAY_DATABASE_URL": scratch.url("gateway"),
            "LOCALEX_AUDIT_KEY_FILE": str(places.audit_key_file),
            "GATEWAY_VAULT_KEYS_FILE": str(places.vault_keys_file),
        }
        | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A data folder with keys, as a first start makes them."""
    places = Places.of(tmp_path)
    ensure_audit_key(places)
    ensure_vault_keys(places)
    for path in (places.audit_key_file, places.vault_keys_file):
        assert path.stat().st_mode & 0o077 == 0
    return places


async def test_an_audit_log_is_examined_and_copied_out(
    scratch_database: ScratchDatabase, places: Places
) -> None:
    """Well, it ends with 0; changed by a superuser, with 1 and the place; the copy recomputes."""
    signer = signer_of(SignerKey.parse(places.audit_key_file.read_text().strip()), "marketplace")
    async with scratch_database.open("marketplace") as database:
        async with database.transaction() as conn:
            await record_acts(conn, *(Act("trade.resolved", "trade", str(n)) for n in range(3)))
        keeper = AuditKeeper("marketplace", database, signer)
        await keeper.seal()
        await keeper.sign()
    code, told = await run(scratch_database, places, "audit", "verify")
    assert code == 0, told
    [line] = [line for line in told.splitlines() if line.startswith("marketplace")]
    assert "3 events, 3 signed" in line
    target: Any = places.data / "acts.jsonl"
    words = ("audit", "export", target, "--service", "marketplace")
    code, told = await run(scratch_database, places, *words)
    assert code == 0, told
    hash_ = genesis("marketplace")
    for text in target.read_text().splitlines():
        one = json.loads(text)
        hash_ = link(hash_, one["seq"], one)
        assert hash_.hex() == one["hash"]
    async with scratch_database.connect("admin") as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(
            "UPDATE marketplace.audit_event SET entity_id = '9' WHERE entity_id = '1'"
        )
    only = ("audit", "verify", "--service", "marketplace")
    code, told = await run(scratch_database, places, *only)
    assert code == 1
    assert "place 2: event" in told


async def test_old_months_are_archived_and_examined(
    scratch_database: ScratchDatabase, places: Places, s3: Backend
) -> None:
    """By commands on real servers: the month leaves, once, and the log examines."""
    signer = signer_of(SignerKey.parse(places.audit_key_file.read_text().strip()), "search")
    async with scratch_database.connect("admin") as admin:
        await admin.execute("SET search_path = search")
        await admin.execute("SELECT ensure_audit_partitions('2025-01-01', 1)")
        await admin.execute(
            "INSERT INTO audit_event (id, recorded_at, action, entity, entity_id) "
            "VALUES (uuidv7(), '2025-01-05Z', 'synonym.added', 'synonym', '1')"
        )
    async with scratch_database.open("search") as database:
        keeper = AuditKeeper("search", database, signer)
        await keeper.seal()
        await keeper.sign()
    storage = {name: value for name, value in s3.settings.items() if name.startswith("LOCALEX_S3_")}
    words = ("audit", "archive", "--keep-months", "3", "--service", "search")
    code, told = await run(scratch_database, places, *words, **storage)
    assert (code, told.splitlines()[-1]) == (0, "1 months archived"), told
    assert "2025-01" in told
    code, told = await run(scratch_database, places, *words, **storage)
    assert (code, told.splitlines()[-1]) == (0, "0 months archived"), told
    only = ("audit", "verify", "--service", "search")
    code, told = await run(scratch_database, places, *only, **storage)
    assert code == 0, told
    assert "1 archived" in told
    code, told = await run(scratch_database, places, "audit", "public-key")
    public = replace(signer, name=told.partition("+")[0]).verifier().render()
    assert (code, told) == (0, f"{public}\n")


async def test_keys_of_the_vault_are_rotated_and_retired(
    scratch_database: ScratchDatabase, places: Places
) -> None:
    """Everything is wrapped anew, and only then may the old key go."""
    old = Keyring(places.vault_keys_file).keys().current
    async with scratch_database.open("gateway") as database, database.transaction() as conn:
        await conn.execute(COMMUNITY)
        for row in await conn.fetch(PEOPLE):
            keyring = Keyring(places.vault_keys_file)
            await keep_field(
                conn, keyring, row["id"], "phone", "+34600123456", now=row["created_at"]
            )
    code, told = await run(scratch_database, places, "vault", "retire", old)
    assert (code, "still wraps 3 keys" in told) == (1, True)
    code, told = await run(scratch_database, places, "vault", "rotate")
    assert (code, "3 keys wrapped anew" in told) == (0, True), told
    code, told = await run(scratch_database, places, "vault", "retire", old)
    assert code == 0, told
    code, told = await run(scratch_database, places, "vault", "status")
    assert (code, "wraps 3" in told, old in told) == (0, True, False)
    assert places.vault_keys_file.stat().st_mode & 0o077 == 0
