"""A Postgres that was killed leaves no process that writes beside the next one."""

import asyncio
import time

import asyncpg
import psutil
import pytest

from embedded import Stack

pytestmark = [pytest.mark.db, pytest.mark.slow, pytest.mark.timeout(300)]

#: Keeps a server process busy, so that it does not notice that its postmaster has gone.
LONG = "SELECT count(*) FROM generate_series(1, 2000000000) AS n WHERE n % 7 = 3"


async def test_a_busy_server_process_ends_with_its_postmaster() -> None:
    """It is gone before the next server opens the same files."""
    stack = await asyncio.to_thread(Stack.start, parts=["postgres"], services=False)
    try:
        conn = await asyncpg.connect(stack.superuser_url)
        pid = conn.get_server_pid()
        busy = asyncio.create_task(conn.fetchval(LONG))
        await asyncio.sleep(0.5)
        killed = stack.kill("postgres")
        assert psutil.pid_exists(pid)
        await asyncio.to_thread(_until_other, stack, killed)
        assert not psutil.pid_exists(pid)
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await busy
        again = await asyncpg.connect(stack.superuser_url)
        assert await again.fetchval("SELECT 1") == 1
        await again.close()
    finally:
        await asyncio.to_thread(stack.close)


def _until_other(stack: Stack, killed: int) -> None:
    while stack.part("postgres")["pid"] in {killed, None}:
        time.sleep(0.02)
    stack.wait_until_ready()


async def test_services_are_told_of_a_detour() -> None:
    """The services' address is the detour's; migrations and the stack itself go straight."""
    stack = await asyncio.to_thread(
        lambda: Stack.start(parts=["postgres"], services=False, detours={"postgres": 47_111})
    )
    try:
        assert ":47111/" in stack.settings["LEDGER_DATABASE_URL"]
        own = stack.urls["postgres"].rpartition(":")[2]
        assert f":{own}" in stack.settings["LOCALEX_MIGRATOR_DATABASE_URL"]
        assert "47111" not in stack.superuser_url
    finally:
        await asyncio.to_thread(stack.close)
