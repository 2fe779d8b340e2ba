"""Make a statement that was ordered."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chassis.files import Files
from chassis.problems import Transient
from chassis.task_worker import Run, TaskKind
from ledger.reach import EVERYTHING
from ledger.statements import paper, sheet
from ledger.statements.begin import begin_statement
from ledger.statements.digest import write_time
from ledger.statements.follow import follow_statement
from ledger.statements.models import Facts, Period, Row
from ledger.statements.periods import name_of

#: Lines are streamed; pages of a PDF file are kept in memory until the last one.
SHEET_ENTRIES_MAX: Final = 5_000_000
PAPER_ENTRIES_MAX: Final = 20_000
KEEP: Final = timedelta(days=7)
#: Pages of entries between two words of progress.
_TELL_EVERY: Final = 10


async def make_statement(run: Run) -> dict[str, Any]:
    """Write the file into object storage. Made again, it is the same file under the same name.

    Args:
        run: The task, with the account, the period and the form.

    Returns:
        Where it lies, and what it holds.

    Raises:
        StatementTooLarge: The period has more entries than any file takes.
        TaskLost: Another worker makes it.
        Transient: Object storage is away.
    """
    resources, wanted = run.resources, run.task.wanted
    files: Files | None = resources.extra["files"]
    if files is None:
        raise Transient("object storage is not configured", retry_after_seconds=60)
    form = wanted["form"]
    begins, ends, known_at = (
        datetime.fromisoformat(wanted[name]) for name in ("from", "to", "known_at")
    )
    period = Period(begins, ends, known_at)
    async with (
        resources.database.connection() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        facts = await begin_statement(
            conn,
            UUID(wanted["account_id"]),
            period,
            reach=EVERYTHING,
            entries_max=SHEET_ENTRIES_MAX if form == "csv" else PAPER_ENTRIES_MAX,
            now=resources.clock.now(),
        )
    pages = _told(run, facts, follow_statement(resources.database, facts))
    if form == "csv":
        parts, media_type = sheet.write_sheet(facts, pages), sheet.MEDIA_TYPE
    else:
        parts, media_type = _whole(await paper.write_paper(facts, pages)), paper.MEDIA_TYPE
    path = files.path(f"{run.task.id}.{form}")
    name = name_of(facts, form)
    await files.write(path, parts, media_type=media_type, file_name=name)
    return {
        "path": path,
        "entries": facts.entries,
        "known_at": write_time(facts.known_at),
    }


async def _told(
    run: Run, facts: Facts, pages: AsyncIterator[list[Row]]
) -> AsyncIterator[list[Row]]:
    """The pages, with a word of progress now and then."""
    done, number = 0, 0
    await run.progress(0, facts.entries)
    async for page in pages:
        yield page
        done, number = done + len(page), number + 1
        if number % _TELL_EVERY == 0:
            await run.progress(done, facts.entries)
    await run.progress(done, facts.entries)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


STATEMENT: Final = TaskKind(make_statement, KEEP)
