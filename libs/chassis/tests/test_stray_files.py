"""Files that no task knows: found in the real object storage, old ones only, and nobody else's."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from obstore.store import S3Store

from chassis import stray_files
from chassis.clock import FixedClock
from chassis.database import Database
from chassis.files import Files
from chassis.health import Health
from chassis.ids import new_id
from chassis.resources import Resources
from chassis.stray_files import YOUNG, Sweep
from chassis.tasks import ask_for
from tests.stack.backend import Backend

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Shelf:
    """A service's files of the tests' own, and what sweeps them."""

    def __init__(self, s3: Backend, database: Database, folder: str) -> None:
        """Over an empty folder."""
        self.store = S3Store(
            s3.settings["LOCALEX_S3_BUCKET"],
            endpoint=s3.settings["LOCALEX_S3_ENDPOINT"],
            access_key_id=s3.settings["LOCALEX_S3_ACCESS_KEY"],
            secret_access_key=s3.settings["LOCALEX_S3_SECRET_KEY"],
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )
        self.files = Files(self.store, self.store, folder)
        clock, health = FixedClock(NOON), Health("gateway", database, set())
        self.resources = Resources(None, database, clock, health, extra={"files": self.files})
        self.database = database
        self.sweep = Sweep()

    async def write(self, *names: str) -> None:
        """Write files."""
        for name in names:
            await self.files.write(
                self.files.path(name), _content(), media_type="text/plain", file_name=name
            )

    async def task(self) -> UUID:
        """A task that waits."""
        async with self.database.transaction() as conn:
            task = await ask_for(conn, "probe", new_id(), {}, once="it", now=NOON)
        return task.id

    async def swept(self, *, after: timedelta = YOUNG + timedelta(minutes=1)) -> list[str]:
        """What is removed so long after it was written."""
        now = datetime.now(UTC) + after
        removed = await self.sweep.sweep_page(self.resources, machine_now=now)
        return [path.rpartition("/")[2] for path in removed]

    async def names(self) -> Sequence[str]:
        """What is there."""
        return [one.path.rpartition("/")[2] for one in await self.files.page("", 100)]


async def _content() -> AsyncIterator[bytes]:
    yield b"something of a person's"


@pytest.fixture
def shelf(s3: Backend, database: Database) -> Shelf:
    """An empty folder."""
    return Shelf(s3, database, f"files/{new_id()}")


async def test_a_file_that_no_task_knows_is_removed(shelf: Shelf) -> None:
    """That of a task stays, whatever its state; so does what is not named as a task's."""
    stray, kept = f"{new_id()}.zip", f"{await shelf.task()}.csv"
    await shelf.write(stray, kept, "notes.txt")
    assert await shelf.swept() == [stray]
    assert set(await shelf.names()) == {kept, "notes.txt"}
    assert await shelf.swept() == []


async def test_a_young_file_stays(shelf: Shelf) -> None:
    """Whoever writes it may be about to say so."""
    stray = f"{new_id()}.zip"
    await shelf.write(stray)
    assert await shelf.swept(after=YOUNG - timedelta(minutes=1)) == []
    assert await shelf.names() == [stray]


async def test_other_folders_are_left_alone(s3: Backend, database: Database, shelf: Shelf) -> None:
    """Nor those whose name begins as this one's does."""
    other = Shelf(s3, database, f"{shelf.files.path('x').rpartition('/')[0]}-more")
    await other.write(f"{new_id()}.zip")
    assert await shelf.swept() == []
    assert len(await other.names()) == 1


async def test_pages_follow_each_other_and_begin_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page at a time, so that no sweep takes long; after the last one comes the first."""
    monkeypatch.setattr(stray_files, "PAGE", 2)
    kept = sorted([f"{await shelf.task()}.csv" for _ in range(2)])
    strays = sorted(f"{new_id()}.zip" for _ in range(3))
    await shelf.write(*kept, *strays)
    found = [await shelf.swept() for _ in range(3)]
    assert sorted(name for page in found for name in page) == strays
    assert all(len(page) <= 2 for page in found)
    assert shelf.sweep.after == ""
    assert sorted(await shelf.names()) == kept
