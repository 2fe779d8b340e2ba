"""Migrations: ordered SQL files, each in one transaction, with a checksum and a way back.

A component is a folder with `migrations/NNNN_name.{up,down}.sql` and `functions/*.sql`; each
service's schema gets the chassis' component first, then its own. Functions are re-applied when
their file changes, after every up and down.
"""

import hashlib
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import asyncpg

from chassis.migration_queries import (
    CREATE_TABLES,
    DELETE_APPLIED,
    DELETE_FUNCTIONS,
    INSERT_APPLIED,
    SELECT_APPLIED,
    SELECT_FUNCTIONS,
    SELECT_ROUTINES,
    SELECT_TRIGGERS,
    SELECT_VIEWS,
    TAKE_TURN,
    UPSERT_FUNCTION,
)
from chassis.schema_text import describe_schema, schema_differences

_FILE: Final = re.compile(r"(?P<version>\d{4})_(?P<name>[a-z0-9_]+)\.up\.sql")
#: How long a step waits for a table that somebody uses: whoever comes after it waits as well.
LOCK_MS: Final = 3_000
#: How long any statement takes at most, and how long a migrator waits for another one.
STATEMENT_MS: Final = 60_000
SCHEMA_FILE: Final = "schema.txt"
#: What every schema gets first.
CHASSIS_SQL: Final = Path(__file__).parents[2] / "sql"


def checksum_of(text: str) -> str:
    """SHA-256 of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


class MigrationError(Exception):
    """The files and the database do not agree; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step up, and the step back."""

    component: str
    version: int
    name: str
    up: str = field(repr=False)
    down: str = field(repr=False)

    @property
    def checksum(self) -> str:
        """SHA-256 of the file up: what has run must not change."""
        return checksum_of(self.up)

    @property
    def label(self) -> str:
        """As people say it: `ledger 0003_add_escrow`."""
        return f"{self.component} {self.version:04}_{self.name}"


@dataclass(frozen=True, slots=True)
class Component:
    """A folder of SQL: migrations in order, and functions by name."""

    name: str
    migrations: tuple[Migration, ...]
    functions: dict[str, str]

    @classmethod
    def read(cls, name: str, folder: Path) -> Self:
        """Read the folder.

        Raises:
            MigrationError: A number is missing or doubled, or a file has no way back.
        """
        found = []
        for path in sorted((folder / "migrations").glob("*.up.sql")):
            match = _FILE.fullmatch(path.name)
            if match is None:
                raise MigrationError(f"{path.name}: the form is NNNN_name.up.sql")
            down = path.with_name(path.name.replace(".up.sql", ".down.sql"))
            if not down.exists():
                raise MigrationError(f"{path.name} has no {down.name}")
            version = int(match["version"])
            found.append(
                Migration(name, version, match["name"], path.read_text(), down.read_text())
            )
        versions = [step.version for step in found]
        if versions != list(range(1, len(found) + 1)):
            raise MigrationError(f"{name}: versions are {versions}, not 1 to {len(found)}")
        functions = {
            path.stem: path.read_text() for path in sorted((folder / "functions").glob("*.sql"))
        }
        return cls(name, tuple(found), functions)


@dataclass(frozen=True, slots=True)
class Status:
    """A migration as it stands: its file, and when and how it ran."""

    migration: Migration
    applied: asyncpg.Record | None


class Migrator:
    """Brings one service's schema up or down. Work on a connection as the migrator role."""

    def __init__(self, conn: asyncpg.Connection, service: str, folder: Path) -> None:
        """Prepare for the schema `service`, whose SQL is in `folder`."""
        self._conn = conn
        self.service = service
        self.schema_file = folder / SCHEMA_FILE
        self._components = (
            Component.read("chassis", CHASSIS_SQL),
            Component.read(service, folder),
        )

    @asynccontextmanager
    async def _as_owner(self) -> AsyncIterator[None]:
        """One migrator at a time in a schema, as its owner, waiting for locks only briefly."""
        await self._conn.execute(f'SET ROLE "{self.service}_owner"')
        await self._conn.execute(f'SET search_path = "{self.service}", pg_temp')
        # Owners are held to row level security, too: a migration changes rows of every community.
        await self._conn.execute("SET localex.community = '*'")
        await self._conn.execute(f"SET lock_timeout = 0; SET statement_timeout = {STATEMENT_MS}")
        try:
            await self._take_turn()
            await self._conn.execute(f"SET lock_timeout = {LOCK_MS}")
            await self._conn.execute(CREATE_TABLES)
            # A service's readiness compares this table with its files.
            await self._conn.execute(f'GRANT SELECT ON migrations TO "{self.service}"')
            yield
        finally:
            await self._conn.execute("SELECT pg_advisory_unlock_all()")
            await self._conn.execute("RESET ROLE; RESET search_path; RESET localex.community")

    async def _take_turn(self) -> None:
        """Wait for another migrator as long as it may take, not as briefly as for a table."""
        try:
            await self._conn.execute(TAKE_TURN, self.service)
        except asyncpg.QueryCanceledError as error:
            raise MigrationError(
                f"another migrator is still at work in {self.service} after "
                f"{STATEMENT_MS / 1000:g} s; nothing was done; try again when it has ended"
            ) from error

    @asynccontextmanager
    async def _step(self, label: str) -> AsyncIterator[None]:
        """A transaction that gives up when somebody else holds what it needs."""
        try:
            async with self._conn.transaction():
                yield
        except asyncpg.LockNotAvailableError as error:
            raise MigrationError(
                f"{label} waited {LOCK_MS / 1000:g} s for a lock that another session holds; "
                "nothing of it was done; end that session (pg_stat_activity shows it) or wait "
                "for it, and run the same again"
            ) from error

    async def _applied(self) -> dict[tuple[str, int], asyncpg.Record]:
        rows = await self._conn.fetch(SELECT_APPLIED)
        return {(row["component"], row["version"]): row for row in rows}

    def _steps(self) -> list[Migration]:
        return [step for component in self._components for step in component.migrations]

    def _check(self, applied: dict[tuple[str, int], asyncpg.Record]) -> None:
        known = {(step.component, step.version): step for step in self._steps()}
        for key, row in applied.items():
            step = known.get(key)
            if step is None:
                raise MigrationError(f"{key[0]} {key[1]:04}_{row['name']} has run but has no file")
            if step.checksum != row["checksum"]:
                raise MigrationError(
                    f"{step.label} has changed since it ran at {row['applied_at']:%Y-%m-%d %H:%M}; "
                    "restore the file and write a new migration"
                )

    async def status(self) -> list[Status]:
        """Every migration, and whether it has run."""
        async with self._as_owner():
            applied = await self._applied()
        return [Status(step, applied.get((step.component, step.version))) for step in self._steps()]

    async def up(self) -> list[Migration]:
        """Apply what is missing, in order, then the functions that changed.

        Returns:
            The migrations that ran.

        Raises:
            MigrationError: A file that has run was changed, or is gone; or somebody holds a lock.
        """
        done = []
        async with self._as_owner():
            applied = await self._applied()
            self._check(applied)
            for component in self._components:
                for step in component.migrations:
                    if (step.component, step.version) not in applied:
                        await self._run_up(step)
                        done.append(step)
                await self._apply_functions(component)
        return done

    async def _run_up(self, step: Migration) -> None:
        started = time.perf_counter()
        async with self._step(step.label):
            await self._conn.execute(step.up)
            elapsed_ms = round((time.perf_counter() - started) * 1000)
            await self._conn.execute(
                INSERT_APPLIED, step.component, step.version, step.name, step.checksum, elapsed_ms
            )

    async def down(self, count: int = 1) -> list[Migration]:
        """Take back the last `count` migrations, newest first.

        What the function files made stands aside meanwhile; afterwards every file that fits the
        older schema is applied again.

        Returns:
            The migrations that were taken back.

        Raises:
            MigrationError: A file that has run was changed, or is gone; or somebody holds a lock.
        """
        undone = []
        async with self._as_owner():
            applied = await self._applied()
            self._check(applied)
            steps = [s for s in reversed(self._steps()) if (s.component, s.version) in applied]
            for component in reversed(self._components):
                mine = [step for step in steps[:count] if step.component == component.name]
                if not mine:
                    continue
                left = sum(key[0] == component.name for key in applied) - len(mine)
                async with self._step(f"taking {mine[-1].label} back"):
                    await self._set_functions_aside(component)
                    for step in mine:
                        await self._conn.execute(step.down)
                        await self._conn.execute(DELETE_APPLIED, step.component, step.version)
                    if left:
                        await self._apply(component, component.functions)
                undone += mine
        return undone

    async def _set_functions_aside(self, component: Component) -> None:
        """Drop what the function files made: triggers, views, routines; nothing else with them."""
        names = list(component.functions)
        for row in await self._conn.fetch(SELECT_TRIGGERS, names):
            await self._conn.execute(f"DROP TRIGGER {row['name']} ON {row['relation']}")
        for row in await self._conn.fetch(SELECT_VIEWS, names):
            await self._conn.execute(f"DROP VIEW IF EXISTS {row['name']} CASCADE")
        for row in await self._conn.fetch(SELECT_ROUTINES, names):
            await self._conn.execute(f"DROP ROUTINE {row['signature']}")
        await self._conn.execute(DELETE_FUNCTIONS, component.name)

    async def _apply_functions(self, component: Component) -> None:
        rows = await self._conn.fetch(SELECT_FUNCTIONS)
        present = {(row["component"], row["name"]): row["checksum"] for row in rows}
        changed = {
            name: text
            for name, text in component.functions.items()
            if present.get((component.name, name)) != checksum_of(text)
        }
        async with self._conn.transaction():
            failed = await self._apply(component, changed)
            if failed:
                name, error = next(iter(failed.items()))
                raise MigrationError(f"function {component.name}/{name}: {error}") from error

    async def _apply(
        self, component: Component, functions: Mapping[str, str]
    ) -> dict[str, asyncpg.PostgresError]:
        """Apply files in passes, because one may need another; returns those that can't be."""
        waiting = dict(functions)
        await self._conn.execute("SET LOCAL check_function_bodies = off")
        while True:
            failed: dict[str, asyncpg.PostgresError] = {}
            for name, text in waiting.items():
                try:
                    async with self._conn.transaction():
                        await self._conn.execute(text)
                        await self._conn.execute(
                            UPSERT_FUNCTION, component.name, name, checksum_of(text)
                        )
                except asyncpg.PostgresError as error:
                    failed[name] = error
            if not failed or len(failed) == len(waiting):
                return failed
            waiting = {name: waiting[name] for name in failed}

    async def describe(self) -> str:
        """The live schema as text."""
        async with self._as_owner():
            return await describe_schema(self._conn, self.service)

    async def verify(self) -> list[str]:
        """Compare files and database.

        Returns:
            What does not agree, one sentence each; empty when all is well.
        """
        async with self._as_owner():
            applied = await self._applied()
            rows = await self._conn.fetch(SELECT_FUNCTIONS)
            live = await describe_schema(self._conn, self.service)
        wrong = []
        try:
            self._check(applied)
        except MigrationError as error:
            wrong.append(str(error))
        wrong += [
            f"{step.label} has not run"
            for step in self._steps()
            if (step.component, step.version) not in applied
        ]
        present = {(row["component"], row["name"]): row["checksum"] for row in rows}
        for component in self._components:
            for name, text in component.functions.items():
                if present.get((component.name, name)) != checksum_of(text):
                    wrong.append(f"function {component.name}/{name} is not as in its file")
        if self.schema_file.exists():
            wrong += schema_differences(live, self.schema_file.read_text())
        return wrong


def expected_versions(service: str, folder: Path) -> set[tuple[str, int]]:
    """The (component, version) pairs that a ready database has; for health."""
    components = (Component.read("chassis", CHASSIS_SQL), Component.read(service, folder))
    return {(s.component, s.version) for c in components for s in c.migrations}
