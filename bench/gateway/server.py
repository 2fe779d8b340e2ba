"""The processes under load, and people who have sessions."""

import hashlib
import secrets
import shutil
import sys
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from chassis.ids import new_id
from embedded import Stack

_OPEN_COMMUNITY: Final = """
INSERT INTO community (slug, name, state, version, opened_at, changed_at)
VALUES ('bench', 'Bench', 'OPEN', 1, now(), now()) ON CONFLICT DO NOTHING
"""
_INSERT_USERS: Final = """
INSERT INTO users (id, display_name, community, roles, created_at)
SELECT id, 'Ana', 'bench', '{MEMBER}', now() FROM unnest($1::uuid []) AS id
"""
_INSERT_SESSIONS: Final = """
INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at)
SELECT uuidv7(), id, hash, now(), now(), now() + interval '1 day'
FROM unnest($1::uuid [], $2::bytea []) AS wanted (id, hash)
"""


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs one of ours."""
    return [sys.executable, "-m", name, *map(str, arguments)]


def caddy_command(folder: Path, port: int, upstream: str) -> list[str] | None:
    """Caddy as a plain reverse proxy; nothing where there is none."""
    found = shutil.which("caddy")
    if found is None:
        return None
    file = folder / "Caddyfile"
    file.write_text(
        "{\n admin off\n auto_https off\n}\n"
        f"http://127.0.0.1:{port} {{\n reverse_proxy {upstream}\n}}\n"
    )
    return [found, "run", "--config", str(file), "--adapter", "caddyfile"]


def gateway_settings(stack: Stack, port: int, upstream: str) -> dict[str, str]:
    """The gateway's settings: as production's, but that limits are beyond what is asked."""
    kept = {n: v for n, v in stack.settings.items() if n != "LOCALEX_CLOCK_OFFSET_FILE"}
    return kept | {
        "GATEWAY_HTTP_PORT": str(port),
        "GATEWAY_UPSTREAM_LEDGER": upstream,
        "LOCALEX_KAFKA_SERVERS": "127.0.0.1:1",
        "LOCALEX_LOG_LEVEL": "warning",
        "GATEWAY_INFLIGHT_MAX": "4096",
        "GATEWAY_POOL_MAX": "10",
    }


async def people(stack: Stack, count: int) -> list[tuple[UUID, str]]:
    """People with a session each: their ids and tokens."""
    found = [(new_id(), "lxs_" + secrets.token_urlsafe(32)) for _ in range(count)]
    ids = [person for person, _ in found]
    conn = await asyncpg.connect(stack.settings["GATEWAY_DATABASE_URL"])
    await conn.execute(_OPEN_COMMUNITY)
    await conn.execute(_INSERT_USERS, ids)
    hashes = [hashlib.sha256(token.encode()).digest() for _, token in found]
    await conn.execute(_INSERT_SESSIONS, ids, hashes)
    await conn.close()
    return found
