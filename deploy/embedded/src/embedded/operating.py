"""How operators' commands reach the services' databases: as a role of their own."""

import getpass
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from chassis.database import EVERY_COMMUNITY, Connection, prepare_connection
from embedded.credentials import SERVICES
from embedded.places import Places
from embedded.settings import read_settings

OPERATOR_SETTING: Final = "LOCALEX_OPERATOR_DATABASE_URL"
_AGO: Final = re.compile(r"(\d{1,5})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def setting(places: Places, name: str) -> str:
    """A setting, from the environment or from the data folder.

    Raises:
        LookupError: Neither has it.
    """
    given = os.environ.get(name)
    if given:
        return given
    try:
        return read_settings(places.settings_file)[name]
    except (OSError, KeyError) as error:
        raise LookupError(f"no {name}: start the stack with `localex up`, or set it") from error


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection; what the database refuses is one line for a person."""
    try:
        conn = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise LookupError(f"the database can't be reached: {error}") from error
    try:
        await prepare_connection(conn)
        yield conn
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.NoDataFoundError) as error:
        raise LookupError(str(error)) from error
    finally:
        await conn.close()


@asynccontextmanager
async def operating(places: Places) -> AsyncIterator[Connection]:
    """A connection as the operators' role, which reads, and acts through functions only."""
    async with connected(setting(places, OPERATOR_SETTING)) as conn:
        yield conn


async def reach_every_community(conn: Connection) -> None:
    """Let a connection as a service's role see all communities: the office looks after all."""
    await conn.execute("SELECT set_config('localex.community', $1, false)", EVERY_COMMUNITY)


async def enter(conn: Connection, service: str) -> None:
    """Look at one service's tables.

    Raises:
        LookupError: There is no such service.
    """
    if service not in SERVICES:
        raise LookupError(f"{service!r} is no service; there are {', '.join(SERVICES)}")
    await conn.execute("SELECT set_config('search_path', $1, false)", service)


def chosen(service: str | None) -> tuple[str, ...]:
    """One service, or all of them."""
    return (service,) if service else SERVICES


def myself(given: str | None) -> str:
    """Who is acting: the name given, else the machine's user."""
    return given or getpass.getuser()


def moment(text: str) -> datetime:
    """A time as people write it: `2h`, `30m`, `7d` ago, or ISO 8601.

    Raises:
        LookupError: It is neither.
    """
    if ago := _AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise LookupError(f"{text!r} is no time: write 2h, 7d or 2026-11-21T10:00Z") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
