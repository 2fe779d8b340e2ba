"""Scratch databases: migrated once, then copied from a template in a few milliseconds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from chassis.database import EVERY_COMMUNITY, Connection, Database, prepare_connection
from chassis.migrations import MigrationError, Migrator
from tests.tidy.tree import ROOT, SERVICES

TEMPLATE: Final = "localex_template"
MIGRATOR: Final = "LOCALEX_MIGRATOR_DATABASE_URL"


def in_database(url: str, name: str) -> str:
    """The same address with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@dataclass(frozen=True, slots=True)
class ScratchDatabase:
    """A migrated database that belongs to whoever asked for it.

    Attributes:
        name: The database's name.
        admin_url: Its address as the superuser.
        settings: `<SERVICE>_DATABASE_URL` and the migrator's, as the services read them.
        faults: What went wrong in the migrations of a service; others can go on.
    """

    name: str
    admin_url: str
    settings: dict[str, str]
    faults: dict[str, Exception]

    def url(self, role: str) -> str:
        """The address as a service's own role, as `migrator`, `operator` or `admin`.

        Raises:
            RuntimeError: The migrations of this service do not run.
        """
        if role in self.faults:
            raise RuntimeError(f"the migrations of {role} do not run") from self.faults[role]
        if role == "admin":
            return self.admin_url
        name = (
            f"{'LOCALEX_' if role in ('migrator', 'operator') else ''}{role.upper()}_DATABASE_URL"
        )
        return self.settings[name]

    @asynccontextmanager
    async def connect(
        self, role: str, community: str = EVERY_COMMUNITY
    ) -> AsyncIterator[Connection]:
        """A connection as a role, which sees one community or all, with the services' codecs."""
        conn = await asyncpg.connect(
            self.url(role), server_settings={"localex.community": community}
        )
        try:
            await prepare_connection(conn)
            yield conn
        finally:
            await conn.close()

    @asynccontextmanager
    async def open(self, service: str) -> AsyncIterator[Database]:
        """A pool as a service's role, which sees every community, as tests want it."""
        async with asyncpg.create_pool(
            self.url(service),
            min_size=0,
            max_size=10,
            command_timeout=10,
            init=prepare_connection,
            server_settings={
                "application_name": service,
                "jit": "off",
                "timezone": "UTC",
                "localex.community": EVERY_COMMUNITY,
            },
        ) as pool:
            yield Database(pool)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """The real Postgres of a test session, and where its databases come from.

    Attributes:
        admin_url: The superuser's address of `localex_db`.
        settings: The database addresses of all roles.
        faults: Services whose migrations failed in the template, and why.
    """

    admin_url: str
    settings: dict[str, str]
    faults: dict[str, Exception] = field(default_factory=dict)

    def _named(self, name: str) -> ScratchDatabase:
        urls = {key: url for key, url in self.settings.items() if key.endswith("_DATABASE_URL")}
        moved = {key: in_database(url, name) for key, url in urls.items()}
        return ScratchDatabase(name, in_database(self.admin_url, name), moved, self.faults)

    async def _execute(self, *statements: str) -> None:
        conn = await asyncpg.connect(in_database(self.admin_url, "postgres"))
        try:
            for statement in statements:
                await conn.execute(statement)
        finally:
            await conn.close()

    async def make_template(self) -> None:
        """Copy the bare `localex_db` and migrate the copy, once a session."""
        await self._execute(
            f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)",
            f"CREATE DATABASE {TEMPLATE} TEMPLATE localex_db",
        )
        conn = await asyncpg.connect(self._named(TEMPLATE).url("migrator"))
        try:
            for service in SERVICES:
                try:
                    await Migrator(conn, service, ROOT / "services" / service / "sql").up()
                except (asyncpg.PostgresError, MigrationError) as error:
                    self.faults[service] = error
        finally:
            await conn.close()

    @asynccontextmanager
    async def scratch(self, *, template: str = TEMPLATE) -> AsyncIterator[ScratchDatabase]:
        """A database of one's own: migrated, or bare with `template="localex_db"`."""
        database = self._named(f"scratch_{uuid4().hex[:12]}")
        await self._execute(f"CREATE DATABASE {database.name} TEMPLATE {template}")
        try:
            yield database
        finally:
            await self._execute(f"DROP DATABASE {database.name} WITH (FORCE)")
