"""`localex ledger ...` as people run it: exit codes and words; killed, and run again."""

import asyncio
import csv
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chassis.database import open_connection
from chassis.ids import new_id
from tests.stack.database import ScratchDatabase

OPEN = """
INSERT INTO account (id, owner_id, type, asset, community, floor_minor, created_at)
SELECT id, id, 'MAIN', 'LXC', 'riverside', 0, now() FROM unnest($1::uuid []) AS id
"""


@pytest.fixture
async def own_scratch(postgres: Any) -> AsyncIterator[ScratchDatabase]:
    """A ledger that nobody has written in."""
    async with postgres.scratch() as scratch:
        yield scratch


async def start(scratch: ScratchDatabase, folder: Path, *words: object) -> Any:
    """The command, in another process."""
    return await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("localex"),
        *("ledger", *map(str, words), "--data", str(folder)),
        env=os.environ
        | {
            "LEDGER_DATABASE_URL": scratch.url("ledger"),
            "LOCALEX_MIGRATOR_DATABASE_URL": scratch.url("migrator"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
    )


async def run(scratch: ScratchDatabase, folder: Path, *words: object) -> tuple[int, str]:
    """The command to its end."""
    process = await start(scratch, folder, *words)
    told, _ = await process.communicate()
    return process.returncode, told.decode()


async def value(scratch: ScratchDatabase, statement: str) -> Any:
    """One value."""
    async with open_connection(scratch.url("ledger"), "test") as conn:
        return await conn.fetchval(statement)


async def write_history(scratch: ScratchDatabase, folder: Path, rows: int) -> None:
    """Ten accounts, what they began with, and what they paid each other."""
    accounts = [new_id() for _ in range(10)]
    async with open_connection(scratch.url("ledger"), "test") as conn:
        await conn.execute(OPEN, accounts)
    with (folder / "opening.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("account", "amount", "asset", "effective_at"))
        writer.writerows((one, "1000.00", "LXC", "2019-12-31T00:00:00Z") for one in accounts)
    with (folder / "history.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("reference", "effective_at", "from", "to", "amount", "asset"))
        for n in range(rows):
            at = f"2020-01-{1 + n * 28 // rows:02}T00:00:00Z"
            sides = accounts[n % 10], accounts[(n + 1) % 10]
            writer.writerow((f"ref-{n}", at, *sides, "0.01" if n % 100 else "0", "LXC"))


@pytest.mark.slow
async def test_history_survives_being_killed(own_scratch: ScratchDatabase, tmp_path: Path) -> None:
    """Killed twice on its way and run again: every row once; then out, in, and examined."""
    await write_history(own_scratch, tmp_path, 3_000)
    words = ("import-history", "history.csv", "--opening", "opening.csv", "--batch", 50)
    done = 0
    for _ in range(2):
        process = await start(own_scratch, tmp_path, *words)
        while (
            now := await value(own_scratch, "SELECT sum(rows_done) FROM history_import")
        ) is None or (now < done + 300):
            assert process.returncode is None
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        done = await value(own_scratch, "SELECT sum(rows_done) FROM history_import")
        assert done < 3_010
    code, told = await run(own_scratch, tmp_path, *words)
    assert code == 1, told
    assert "2,970 posted, 30 refused of 3,000 rows" in told
    assert "LXC: 10000.00 entered; opening-balances gave 10000.00 in all" in told
    counts = "SELECT count(*) FROM transfer WHERE kind = 'history'"
    assert await value(own_scratch, counts) == 2_970
    assert (
        await value(own_scratch, "SELECT count(*) FROM outbox WHERE topic = 'ledger.transfers.v1'")
        == 2_980
    )
    with (tmp_path / "history-refused.csv").open() as file:
        refused = list(csv.DictReader(file))
    assert [row["line"] for row in refused[:2]] == ["2", "102"]
    assert {row["field"] for row in refused} == {"amount"}
    code, told = await run(own_scratch, tmp_path, *words)
    assert "; 0 in " in told
    assert await value(own_scratch, counts) == 2_970
    code, told = await run(own_scratch, tmp_path, "verify", "--workers", 2)
    assert code == 0, told
    assert "The books are right" in told


@pytest.mark.slow
async def test_books_go_out_and_come_in(
    postgres: Any, own_scratch: ScratchDatabase, tmp_path: Path
) -> None:
    """Export and import by the commands; a spoiled row is named, with exit code 1."""
    await write_history(own_scratch, tmp_path, 200)
    await run(own_scratch, tmp_path, "import-history", "history.csv", "--opening", "opening.csv")
    code, told = await run(own_scratch, tmp_path, "export", "out", "--format", "jsonl")
    assert code == 0, told
    async with postgres.scratch() as empty:
        code, told = await run(empty, tmp_path, "import", "out")
        assert code == 0, told
        assert await value(empty, "SELECT count(*) FROM transfer") == 208
        code, told = await run(empty, tmp_path, "import", "out")
        assert (code, "nothing was brought in" in told) == (1, True)
    file = tmp_path / "out" / "entry.jsonl"
    lines = file.read_text().splitlines()
    lines[11] = lines[11].replace('"amount_minor":"', '"amount_minor":"9')
    file.write_text("\n".join(lines) + "\n")
    async with postgres.scratch() as empty:
        code, told = await run(empty, tmp_path, "import", "out")
        assert code == 1
        assert "entry.jsonl line 12" in told
        assert await value(empty, "SELECT count(*) FROM transfer") == 0


@pytest.mark.slow
async def test_verify_goes_on_and_repairs(own_scratch: ScratchDatabase, tmp_path: Path) -> None:
    """It goes on from what was written down; what is derived is shown, then made anew."""
    await write_history(own_scratch, tmp_path, 100)
    await run(own_scratch, tmp_path, "import-history", "history.csv", "--opening", "opening.csv")
    async with open_connection(own_scratch.url("ledger"), "test") as conn:
        await conn.execute("DELETE FROM transparency_pending")
    places = '"places": {"transfers": {"done": true}, "entries": {"done": true}}'
    state = tmp_path / "ledger-verify.json"
    state.write_text(
        f'{{"report": {{"examined": {{"entries": 7}}, "found": {{}}, "findings": []}}, {places}}}'
    )
    code, told = await run(own_scratch, tmp_path, "verify", "--resume", "--workers", 0)
    assert code == 0, told
    assert not state.exists()
    code, told = await run(own_scratch, tmp_path, "verify", "--workers", 0, "--repair-projections")
    assert code == 1
    assert "would be made anew" in told
    code, told = await run(
        own_scratch, tmp_path, "verify", "--workers", 0, "--repair-projections", "--apply"
    )
    assert "109 was made anew" in told, told
    code, told = await run(own_scratch, tmp_path, "verify", "--workers", 0)
    assert code == 0, told
