"""The job that brings every service's schema up."""

import importlib.util
from pathlib import Path
from typing import Final

import asyncpg

from embedded.credentials import SERVICES
from embedded.parts.base import Job
from embedded.site import Site

_SETTING: Final = "LOCALEX_MIGRATOR_DATABASE_URL"


def sql_folder(service: str) -> Path | None:
    """Where a service's SQL lies; None when it has none."""
    spec = importlib.util.find_spec(service)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parents[2] / "sql"
    return folder if (folder / "migrations").is_dir() else None


class Migrations(Job):
    """Runs `up` for each service that has migrations."""

    name = "migrations"
    after = ("postgres",)

    def version(self, site: Site) -> str:
        """How many services have migrations."""
        del site
        return f"{sum(sql_folder(service) is not None for service in SERVICES)} schemas"

    def folder(self, site: Site) -> None:
        """It keeps nothing on disk."""
        del site

    async def run(self, site: Site) -> None:
        """Apply what is missing; a schema that cannot be brought up keeps no other back.

        Raises:
            RuntimeError: Says for each schema what went wrong.
        """
        from chassis.migrations import MigrationError, Migrator

        wrong = []
        conn = await asyncpg.connect(site.settings[_SETTING], timeout=3)
        try:
            for service in SERVICES:
                folder = sql_folder(service)
                if folder is None:
                    continue
                try:
                    await Migrator(conn, service, folder).up()
                except (MigrationError, asyncpg.PostgresError) as error:
                    wrong.append(f"{service}: {error}")
        finally:
            await conn.close()
        if wrong:
            raise RuntimeError("; ".join(wrong))
