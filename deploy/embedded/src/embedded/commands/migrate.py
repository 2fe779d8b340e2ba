"""`localex migrate`: the schemas, up and down."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from embedded.commands.options import DataOption
from embedded.credentials import SERVICES
from embedded.places import Places

if TYPE_CHECKING:
    from chassis.migrations import Migrator

_SETTING = "LOCALEX_MIGRATOR_DATABASE_URL"

type ServiceOption = Annotated[
    str | None, Parameter(name="--service", help="One service; all that have migrations otherwise.")
]


def register(app: App) -> None:
    """Add the commands."""
    group = App(name="migrate", help="Bring the schemas up or down, and see how they stand.")
    group.command(up)
    group.command(down)
    group.command(status)
    group.command(verify)
    group.command(schema)
    app.command(group)


@asynccontextmanager
async def _migrators(data: DataOption, service: str | None) -> "AsyncIterator[list[Migrator]]":
    import asyncpg

    from chassis.migrations import Migrator
    from embedded.operating import setting
    from embedded.parts.migrations import sql_folder

    names = [service] if service else list(SERVICES)
    folders = {name: folder for name in names if (folder := sql_folder(name)) is not None}
    if not folders:
        raise LookupError(f"no migrations of {service or 'any service'}")
    # In a container the environment is the source; on a laptop the data folder's settings are.
    conn = await asyncpg.connect(setting(Places.of(data), _SETTING), timeout=5)
    try:
        yield [Migrator(conn, name, folder) for name, folder in folders.items()]
    finally:
        await conn.close()


def up(*, service: ServiceOption = None, data: DataOption = None) -> None:
    """Apply what is missing."""

    async def work() -> None:
        async with _migrators(data, service) as migrators:
            for migrator in migrators:
                for step in await migrator.up():
                    print(f"{migrator.service}: applied {step.label}")

    _run(work())


def down(
    *,
    service: str,
    count: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 1,
    data: DataOption = None,
) -> None:
    """Take back the last migrations of one service.

    Args:
        service: The service.
        count: How many.
        data: Data folder.
    """

    async def work() -> None:
        async with _migrators(data, service) as migrators:
            for step in await migrators[0].down(count):
                print(f"{service}: took back {step.label}")

    _run(work())


def status(*, service: ServiceOption = None, data: DataOption = None) -> None:
    """Show each migration, and when, how long and by whom it ran."""

    async def work() -> None:
        async with _migrators(data, service) as migrators:
            for migrator in migrators:
                for entry in await migrator.status():
                    ran = entry.applied
                    told = (
                        f"{ran['applied_at']:%Y-%m-%d %H:%M:%S} {ran['execution_ms']} ms "
                        f"by {ran['applied_by']}"
                        if ran
                        else "not yet"
                    )
                    print(f"{migrator.service:<12} {entry.migration.label:<44} {told}")

    _run(work())


def verify(*, service: ServiceOption = None, data: DataOption = None) -> None:
    """Compare files and database; exit code 1 when they differ."""
    wrong: list[str] = []

    async def work() -> None:
        async with _migrators(data, service) as migrators:
            for migrator in migrators:
                wrong.extend(f"{migrator.service}: {line}" for line in await migrator.verify())

    _run(work())
    print("\n".join(wrong) or "Files and database agree.")
    if wrong:
        sys.exit(1)


def schema(*, write: bool = False, service: ServiceOption = None, data: DataOption = None) -> None:
    """Print the live schema as text.

    Args:
        write: Instead: write it to each service's `sql/schema.txt`, and the page about it to
            `docs/reference`, to commit both.
        service: One service.
        data: Data folder.
    """

    async def work() -> None:
        async with _migrators(data, service) as migrators:
            for migrator in migrators:
                text = await migrator.describe()
                if write:
                    migrator.schema_file.write_text(text, encoding="utf-8")
                    _write_reference(migrator)
                else:
                    print(text)

    _run(work())


def _write_reference(migrator: "Migrator") -> None:
    from chassis.migrations import CHASSIS_SQL
    from chassis.schema_reference import describe_reference

    folder = migrator.schema_file.parent
    page = folder.parents[2] / "docs" / "reference" / f"{migrator.service}.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text(describe_reference(migrator.service, folder, [CHASSIS_SQL]), encoding="utf-8")


def _run(work: Coroutine[object, object, None]) -> None:
    import asyncpg

    from chassis.migrations import MigrationError

    try:
        asyncio.run(work)
    except (MigrationError, asyncpg.PostgresError, OSError) as error:
        print(f"localex: {error}", file=sys.stderr)
        sys.exit(1)
